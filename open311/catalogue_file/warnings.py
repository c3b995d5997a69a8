"""What is right as a catalogue, and yet worth a look before citizens report."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from open311.base.text import how_many
from open311.catalogue_file import roles
from open311.catalogue_file.bearings import is_turned
from open311.catalogue_file.contents import contents
from open311.catalogue_file.document import code_of
from open311.model.catalogue import Catalogue

# How many texts that lack a translation are named.
NAMED = 5


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
    if jurisdiction.boundary is not None and is_turned(jurisdiction.boundary, jurisdiction.time_zone.key):
        text = (
            f"the boundary lies far from {jurisdiction.time_zone.key}, and near it with latitude and longitude "
            "exchanged: write [long, lat], or mend the time zone"
        )
        yield CatalogueWarning(owner, "boundary", text)
    for role in roles.both_giving_and_seeing(catalogue.desk.roles):
        text = (
            f"the role {role.code} manages accounts and sees personal data: leave that to two people, "
            "or nobody notices what one of them does"
        )
        yield CatalogueWarning(owner, "roles", text)
    for language, places in _untranslated(catalogue).items():
        named = ", ".join(places[:NAMED]) + (" and others" if len(places) > NAMED else "")
        text = f"{how_many(len(places), 'text is', 'texts are')} not translated into {language} yet: {named}"
        yield CatalogueWarning(owner, "translation", text)


def _untranslated(catalogue: Catalogue) -> dict[str, list[str]]:
    """Languages in which texts are missing, and where; names of areas are names in every language."""
    document = contents(catalogue)
    document.get("desk", {}).pop("areas", None)
    languages = catalogue.jurisdiction.languages
    texts = list(_texts(document, set(languages), ()))
    missing = {
        language: [".".join(steps) for steps, text in texts if language not in text] for language in languages
    }
    return {language: places for language, places in missing.items() if places}


def _texts(value: Any, languages: set[str], steps: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    """All texts, and the way to each; what stands in a list goes by its code, as where a catalogue is refused."""
    if isinstance(value, list):
        for number, entry in enumerate(value):
            yield from _texts(entry, languages, (*steps, code_of(entry) or str(number)))
    elif isinstance(value, dict) and value.keys() <= languages:
        yield steps, value
    elif isinstance(value, dict):
        for key, entry in value.items():
            yield from _texts(entry, languages, (*steps, str(key)))
