"""What imports from files and from servers share: options, how far each has come, and storing a page."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from open311.base.errors import Invalid, problem
from open311.core import Core
from open311.federation import upsert
from open311.federation.imports.csv_mapping import CsvMapping
from open311.federation.references import Arrival, Counts, Intake, Refusal
from open311.federation.storage import references as stored
from open311.federation.storage import sources
from open311.federation.terms import Terms, is_made_up
from open311.federation.upsert import Optimistic, SaveProgress
from open311.model.access.actor import ActorKind, source_actor
from open311.model.catalogue import Catalogue
from open311.model.service_request import Visibility
from open311.storage.database import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportOptions:
    """Options of an import. `keep_services` also takes requests of services that the catalogue lacks, by name."""

    mapping: CsvMapping = field(default_factory=CsvMapping)
    visibility: Visibility = Visibility.PUBLISHED
    keep_services: bool = False
    source: str | None = None

    def check(self, catalogue: Catalogue) -> None:
        """Whether the mapping fits the catalogue; raises `Invalid`."""
        self.mapping.check_words(catalogue, keep_services=self.keep_services)

    def fingerprint(self, content: str = "") -> str:
        """Equal for the same options about the same content.

        It is stored until an import is through, and another release may come in between: what is not chosen is left
        out, so that a further option changes nothing, and names of classes are not in it.
        """
        mapping = {name: value for name, value in asdict(self.mapping).items() if value}
        chosen = {name: value for name, value in (asdict(self) | {"mapping": mapping}).items() if value}
        return hashlib.sha256(json.dumps([content, chosen], sort_keys=True).encode()).hexdigest()


def begin(core: Core, catalogue: Catalogue, name: str, state: Mapping[str, Any]) -> Intake:
    """The source, as far as it has come with this very file."""
    owner = catalogue.jurisdiction.jurisdiction_id
    fresh = Intake(
        jurisdiction_id=owner, source=name, kind="import", created_datetime=core.now(), state=state
    )
    with core.database.begin() as conn:
        sources.add(conn, fresh)
        source = sources.find(conn, owner, name) or fresh
    if source.kind != "import":
        raise Invalid(problem("error.import.mapping", reason=f"{name} is harvested"))
    same = source.state.get("fingerprint") == state.get("fingerprint")
    return source if same else replace(source, state=state)


def terms(catalogue: Catalogue, options: ImportOptions) -> Terms:
    """How the words of what is imported become ours."""
    return Terms(
        catalogue=catalogue,
        services=options.mapping.services,
        statuses=options.mapping.statuses,
        strict=not options.keep_services,
        channel="import",
    )


def store_page(
    core: Core,
    catalogue: Catalogue,
    source: Intake,
    arrivals: Sequence[Arrival],
    options: ImportOptions,
    save: SaveProgress,
    optimistic: Optimistic | None,
) -> tuple[Counts, list[Refusal]]:
    """Store a page together with the progress that `save` writes; returns what could not be stored as refusals."""

    def save_progress(conn: Connection, counts: Counts, refusals: Sequence[Refusal]) -> None:
        _name_services(core, conn, catalogue, arrivals)
        save(conn, counts, refusals)

    actor = source_actor(ActorKind.IMPORT, source.source, source.jurisdiction_id)
    return upsert.upsert_page(
        core,
        catalogue,
        source.source,
        arrivals,
        actor=actor,
        visibility=options.visibility,
        save_progress=save_progress,
        optimistic=optimistic,
    )


def _name_services(core: Core, conn: Connection, catalogue: Catalogue, arrivals: Sequence[Arrival]) -> None:
    """Keep what services are called that no catalogue has; a name that was made up gives way to one of the file."""
    owner, language = catalogue.jurisdiction.jurisdiction_id, catalogue.jurisdiction.languages[0]
    codes = {str(arrival.values["service_code"]): arrival.service_name for arrival in arrivals}
    unknown = {
        code: {language: name or code} for code, name in codes.items() if not _is_known(catalogue, code)
    }
    stored.name_services(conn, owner, unknown, core.now())
    for code, name in codes.items():
        present = catalogue.retired.get(code)
        is_name = bool(name) and not is_made_up(name, code)
        if present and is_name and is_made_up(present.in_language(language), code):
            names = (present.by_language, {language: name})
            stored.rename_service(conn, owner, code, names, core.now())


def _is_known(catalogue: Catalogue, code: str) -> bool:
    return code in catalogue.services or code in catalogue.retired
