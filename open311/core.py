"""What every action works with, built once for web, worker and command line, and handed in as first argument."""

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import NamedTuple

from open311.adapters import media_store
from open311.adapters.media_store import MediaStore
from open311.adapters.photos.photo_queue import PhotoQueue
from open311.adapters.store_probe import StoreProbe
from open311.base.bounded import Bounded
from open311.base.errors import ConfigurationError, Invalid, NotFound, problem
from open311.catalogue_file import CatalogueWarning
from open311.formats.fragments import Fragments
from open311.model.catalogue import Catalogue
from open311.model.staff.roles import BUILT_IN, NO_RIGHTS, CityRole, RoleRights
from open311.settings import Settings
from open311.storage.database import Database
from open311.storage.desk.lists.counts import CountsCache
from open311.storage.search import Landmarks
from open311.storage.senders import SendersMemory
from open311.storage.statistics import FiguresCache

# About 13,000 reports in one format, and six lists of a thousand.
FRAGMENT_BYTES, LIST_BYTES = 10 * 1024 * 1024, 4 * 1024 * 1024
MOST_TOTALS = 1000
# How many jurisdictions an error lists for a client that has named none.
NAMED = 20


def system_clock() -> datetime:
    """Now, in whole seconds: GeoReport knows no fractions, and what is stored must equal what is shown."""
    return datetime.now(UTC).replace(microsecond=0)


@dataclass(slots=True)
class Catalogues:
    """The catalogues in force: the one part of `Core` that changes, and then as a whole or not at all.

    `joined_or_left` is when a jurisdiction last did either. `problem` says why the files on disk could not be loaded;
    it is None while they are in force.
    """

    in_force: Sequence[Catalogue] = ()
    joined_or_left: datetime | None = None
    problem: str | None = None
    warnings: Sequence[CatalogueWarning] = ()

    @property
    def several(self) -> bool:
        """Whether there are several cities, so that each has pages below its own name."""
        return len(self.in_force) > 1

    @property
    def changeset(self) -> datetime:
        """When anything about any service last changed (R-067); it never goes back."""
        own = max(catalogue.changeset for catalogue in self.in_force)
        return max(own, self.joined_or_left) if self.joined_or_left else own

    def find(self, jurisdiction_id: str | None, *, sandbox: bool = False) -> Catalogue:
        """The catalogue of a jurisdiction (georeport.md 3.7), or its twin for the test endpoint.

        With one jurisdiction of our own the id may be missing. Raises `Invalid` when it is needed, `NotFound` when
        unknown.
        """
        # In the tables the sandbox is a jurisdiction of its own, so that no list of the real one can show its reports.
        known = [catalogue.sandbox() for catalogue in self.in_force] if sandbox else self.in_force
        if not jurisdiction_id:
            own = [catalogue for catalogue in known if catalogue.jurisdiction.harvested_from is None] or known
            if len(own) == 1:
                return own[0]
            names = [catalogue.jurisdiction.jurisdiction_id for catalogue in self.in_force[:NAMED]]
            raise Invalid(problem("error.jurisdiction.required", known=", ".join(names)))
        for catalogue in known:
            if catalogue.jurisdiction.answers_to(jurisdiction_id):
                return catalogue
        raise NotFound(problem("error.jurisdiction.unknown", jurisdiction_id=jurisdiction_id))

    def owner(self, jurisdiction_id: str) -> Catalogue:
        """The catalogue that stored requests of this jurisdiction, real or of the test endpoint, belong to."""
        for catalogue in self.in_force:
            for twin in (catalogue, catalogue.sandbox()):
                if twin.jurisdiction.jurisdiction_id == jurisdiction_id:
                    return twin
        raise NotFound(problem("error.jurisdiction.unknown", jurisdiction_id=jurisdiction_id))

    def roles(self, jurisdiction_id: str) -> Mapping[str, CityRole]:
        """The roles of a jurisdiction by code; those of every city where no catalogue is in force."""
        own = (city for city in self.in_force if city.jurisdiction.jurisdiction_id == jurisdiction_id)
        return next((city.desk.roles for city in own), BUILT_IN)

    def rights_of_role(self, jurisdiction_id: str, code: str) -> RoleRights:
        """What a role may do there now; nothing once the catalogue no longer has it."""
        role = self.roles(jurisdiction_id).get(code)
        return role.rights if role else NO_RIGHTS


class CachedTotal(NamedTuple):
    """How many requests matched: counted under which stamp of `Freshness`, and when by the monotonic clock."""

    total: int
    stamp: int
    moment: float


@dataclass(frozen=True, slots=True)
class Core:
    """The collaborators of an action. Tests replace `now`, and nothing else by import path.

    `fragments`, `totals`, `landmarks`, `desk_counts`, `figures` and `senders` are caches of what is costly to work
    out; each knows when it is stale.
    """

    settings: Settings
    database: Database
    catalogues: Catalogues = field(default_factory=Catalogues)
    now: Callable[[], datetime] = system_clock
    fragments: Fragments = field(default_factory=lambda: Fragments(FRAGMENT_BYTES, LIST_BYTES))
    totals: Bounded[Hashable, CachedTotal] = field(default_factory=lambda: Bounded(MOST_TOTALS))
    photo_queue: PhotoQueue = field(default_factory=PhotoQueue)
    store_probe: StoreProbe = field(default_factory=StoreProbe)
    landmarks: Landmarks = field(default_factory=Landmarks)
    desk_counts: CountsCache = field(default_factory=CountsCache)
    figures: FiguresCache = field(default_factory=FiguresCache)
    senders: SendersMemory = field(default_factory=SendersMemory)

    @property
    def media_store(self) -> MediaStore:
        """Where the files of photos are, as the settings say."""
        return media_store.for_settings(self.settings)


def build(settings: Settings) -> Core:
    """A Core on the database that the settings name; no catalogue is in force yet."""
    if settings.database_url is None:
        raise ConfigurationError(
            "DATABASE_URL is not set; name a PostGIS database, or run `open311 dev`, which starts its own"
        )
    database = Database(
        settings.database_url,
        pool_size=settings.pool_size,
        pooler_url=settings.pooler_url,
        replica_url=settings.replica_url,
    )
    return Core(settings, database)
