"""What an import from a file and one from a server share: how to import, how far it came, one page in a transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from open311.base.errors import Invalid, problem
from open311.core import Core
from open311.federation import upsert
from open311.federation.imports.csv_mapping import CsvMapping
from open311.federation.references import Arrival, Counts, Intake, Refusal
from open311.federation.storage import references as stored
from open311.federation.storage import sources
from open311.federation.terms import Terms, is_made_up
from open311.federation.upsert import Ahead, Beside
from open311.model.access.actor import ActorKind, source_actor
from open311.model.catalogue import Catalogue
from open311.model.service_request import Visibility
from open311.storage.database import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """How to import. `keep_services` takes requests of services that the catalogue does not have, under their names."""

    mapping: CsvMapping = field(default_factory=CsvMapping)
    visibility: Visibility = Visibility.PUBLISHED
    keep_services: bool = False
    source: str | None = None

    def check(self, catalogue: Catalogue) -> None:
        """Whether the mapping fits the catalogue; raises `Invalid`."""
        self.mapping.check_words(catalogue, keep_services=self.keep_services)


def begin(core: Core, catalogue: Catalogue, name: str, state: Mapping[str, Any]) -> Intake:
    """The source, as far as it has come with this very file."""
    owner = catalogue.jurisdiction.jurisdiction_id
    fresh = Intake(
        jurisdiction_id=owner, source=name, kind="import", created_datetime=core.now(), state=state
    )
    with core.database.begin() as conn:
        sources.add(conn, fresh)
        found = sources.find(conn, owner, name) or fresh
    if found.kind != "import":
        raise Invalid(problem("error.import.mapping", reason=f"{name} is harvested"))
    same = found.state.get("fingerprint") == state.get("fingerprint")
    return found if same else replace(found, state=state)


def terms(catalogue: Catalogue, wishes: Wishes) -> Terms:
    """How the words of what is imported become ours."""
    return Terms(
        catalogue=catalogue,
        services=wishes.mapping.services,
        statuses=wishes.mapping.statuses,
        strict=not wishes.keep_services,
        channel="import",
    )


def take_page(
    core: Core,
    catalogue: Catalogue,
    source: Intake,
    arrivals: Sequence[Arrival],
    wishes: Wishes,
    save: Beside,
    ahead: Ahead | None,
) -> tuple[Counts, list[Refusal]]:
    """Store a page of arrivals, and by `save` how far that brings us; what could not be stored is refused."""

    def beside(conn: Connection, counts: Counts, refusals: Sequence[Refusal]) -> None:
        _name_services(core, conn, catalogue, arrivals)
        save(conn, counts, refusals)

    actor = source_actor(ActorKind.IMPORT, source.source, source.jurisdiction_id)
    how: dict[str, Any] = {"actor": actor, "visibility": wishes.visibility, "beside": beside, "ahead": ahead}
    return upsert.take_page(core, catalogue, source.source, arrivals, **how)


def _name_services(core: Core, conn: Connection, catalogue: Catalogue, arrivals: Sequence[Arrival]) -> None:
    """Keep what services are called that no catalogue has; a name that was made up gives way to one of the file."""
    owner, language = catalogue.jurisdiction.jurisdiction_id, catalogue.jurisdiction.languages[0]
    codes = {str(arrival.values["service_code"]): arrival.service_name for arrival in arrivals}
    unknown = {
        code: {language: name or code} for code, name in codes.items() if not _is_known(catalogue, code)
    }
    stored.name_services(conn, owner, unknown, core.now())
    for code, name in codes.items():
        known = catalogue.retired.get(code)
        if known and name and not is_made_up(name, code) and is_made_up(known.in_language(language), code):
            names = (known.by_language, {language: name})
            stored.rename_service(conn, owner, code, names, core.now())


def _is_known(catalogue: Catalogue, code: str) -> bool:
    return code in catalogue.services or code in catalogue.retired
