"""What is right as a catalogue, and yet worth a look before citizens report."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from open311.base.text import how_many
from open311.catalogue_file import roles
from open311.catalogue_file.contents import contents
from open311.model.catalogue import Catalogue


@dataclass(frozen=True, slots=True)
class CatalogueWarning:
    """Which jurisdiction has it, what it is about, in a word, and what to do."""

    jurisdiction_id: str
    about: str
    text: str

    def __str__(self) -> str:
        return f"{self.jurisdiction_id}: {self.text}"


def warnings(catalogue: Catalogue) -> Iterator[CatalogueWarning]:
    """Everything worth a look; nobody here mends what another server says."""
    jurisdiction = catalogue.jurisdiction
    owner = jurisdiction.jurisdiction_id
    if jurisdiction.harvested_from:
        return
    if jurisdiction.boundary is None:
        text = "there is no boundary, so reports from anywhere are taken: name one in the catalogue"
        yield CatalogueWarning(owner, "boundary", text)
    if jurisdiction.boundary_is_sketch:
        text = "the boundary is a sketch: put in the official one before citizens report"
        yield CatalogueWarning(owner, "boundary", text)
    for role in roles.both_giving_and_seeing(catalogue.desk.roles):
        text = (
            f"the role {role.code} manages accounts and sees personal data: leave that to two people, "
            "or nobody notices what one of them does"
        )
        yield CatalogueWarning(owner, "roles", text)
    for language, count in _untranslated(catalogue).items():
        text = f"{how_many(count, 'text is', 'texts are')} not translated into {language} yet"
        yield CatalogueWarning(owner, "translation", text)


def _untranslated(catalogue: Catalogue) -> dict[str, int]:
    """Languages in which texts are missing, and how many; names of areas are names in every language."""
    document = contents(catalogue)
    document.get("desk", {}).pop("areas", None)
    texts = list(_texts(document, set(catalogue.jurisdiction.languages)))
    counts = {
        language: sum(language not in text for text in texts) for language in catalogue.jurisdiction.languages
    }
    return {language: count for language, count in counts.items() if count}


def _texts(value: Any, languages: set[str]) -> Iterator[dict[str, Any]]:
    if isinstance(value, list):
        for entry in value:
            yield from _texts(entry, languages)
    elif isinstance(value, dict) and value.keys() <= languages:
        yield value
    elif isinstance(value, dict):
        yield from _texts(list(value.values()), languages)
