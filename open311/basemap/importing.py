"""Import of a map: built beside the one that is served, which it replaces once it is whole."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from shapely import GEOSException
from shapely.geometry.base import BaseGeometry

from open311.base.errors import Invalid, problem
from open311.base.temporary import temporary_folder
from open311.base.text import tidy
from open311.basemap import classes, cleaning, official, osm, storage
from open311.basemap.classes import EXTRACT, SUBJECTS, Class
from open311.basemap.model import (
    LAST_LEVEL,
    LICENCE_OF_EXTRACTS,
    LONGEST_NAME,
    Feature,
    Layer,
    MapVersion,
    Source,
)
from open311.basemap.shapes import Clip, per_level
from open311.basemap.storage import FeatureRow
from open311.basemap.things import Thing, Unreadable
from open311.core import Core
from open311.model.catalogue import Catalogue
from open311.model.maps.place import Place, PlaceKind, Streets, written
from open311.storage.maps import addresses
from open311.storage.maps.assets import Asset

MARGIN_METRES = 1500.0
AT_ONCE = 2000
# How many of the things that cannot be drawn are named.
NAMED = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportOptions:
    """How to read a file. Without a `subject` it is an extract of everything."""

    subject: str = EXTRACT
    attribution: str = ""
    crs: str | None = None
    encoding: str | None = None
    fields: Mapping[str, str] = field(default_factory=dict)
    margin: float = MARGIN_METRES
    # Otherwise the addresses that the city has imported by itself stay.
    replace_own_addresses: bool = False


@dataclass(slots=True)
class Counts:
    features: int = 0
    addresses: int = 0
    assets: int = 0
    unreadable: int = 0
    named: list[Unreadable] = field(default_factory=list)


Progress = Callable[[Counts], None]


def import_map(
    core: Core, catalogue: Catalogue, path: Path, options: ImportOptions, progress: Progress
) -> Counts:
    """Make a map of a file and of what it leaves of the present map; raises `Invalid`, and then nothing has changed.

    It commits in parts: a transaction of minutes would hold up the change feed.
    """
    owner = catalogue.jurisdiction.jurisdiction_id
    with core.database.begin() as conn:
        before = storage.in_force(conn, owner)
        version_id = storage.begin(conn, owner, core.now())
    clip = Clip(catalogue.jurisdiction.boundary, options.margin)
    reading = _MapImport(core, owner, version_id, options, clip, _official(before, options.subject))
    try:
        reading.keep(before)
        with temporary_folder("map") as scratch:
            reading.store(_things(path, options, clip, scratch), progress)
        if not (reading.counts.features or reading.counts.addresses or reading.counts.assets):
            raise Invalid(problem("error.map.empty"))
        _put_in_force(core, owner, reading.version(before, path), before, options)
    # On Ctrl+C as well: a half-read map would stay until the nightly cleaning.
    except BaseException:
        cleaning.drop(core, version_id)
        raise
    return reading.counts


def _put_in_force(
    core: Core, owner: str, version: MapVersion, before: MapVersion | None, options: ImportOptions
) -> None:
    with core.database.begin() as conn:
        instead_of = before.version_id if before else None
        if not storage.put_in_force(conn, owner, version, instead_of=instead_of, now=core.now()):
            raise Invalid(problem("error.map.meanwhile"))
        if options.replace_own_addresses:
            addresses.forget_own_list(conn, owner)


def _official(before: MapVersion | None, subject: str) -> frozenset[str]:
    """The subjects of the present map that stay, since a file of the city's own was read for each."""
    return frozenset(before.sources) - {EXTRACT, subject} if before else frozenset()


def _things(path: Path, options: ImportOptions, clip: Clip, scratch: Path) -> Iterator[Thing | Unreadable]:
    name = path.name.lower()
    if name.endswith(osm.SUFFIXES):
        return osm.read(path, clip.box, scratch)
    if name.endswith(official.GEOJSON + official.SHAPES):
        return official.read(path, crs=options.crs, encoding=options.encoding, fields=options.fields)
    raise Invalid(problem("error.map.kind", file=path.name))


class _MapImport:
    """One file becoming a map."""

    def __init__(
        self,
        core: Core,
        owner: str,
        version_id: int,
        options: ImportOptions,
        clip: Clip,
        kept: frozenset[str],
    ) -> None:
        self.counts = Counts()
        self._core = core
        self._owner = owner
        self._version_id = version_id
        self._options = options
        self._clip = clip
        self._kept = kept
        self._subject = SUBJECTS.get(options.subject)
        self._features = list[FeatureRow]()
        self._places = list[Place]()
        self._assets = list[Asset]()
        self._streets = Streets()
        # A stop has two sides, a park several parts: one place to search.
        self._names = set[str]()
        with core.database.read() as conn:
            own_list = addresses.has_own_list(conn, owner)
        self._takes_addresses = "addresses" not in kept and (options.replace_own_addresses or not own_list)

    def version(self, before: MapVersion | None, path: Path) -> MapVersion:
        attribution = self._options.attribution
        if not attribution and path.name.lower().endswith(osm.SUFFIXES):
            attribution = LICENCE_OF_EXTRACTS
        stays = self._kept if self._subject is None else self._kept | {EXTRACT}
        sources = {name: source for name, source in before.sources.items() if name in stays} if before else {}
        return MapVersion(self._version_id, sources | {self._options.subject: Source(path.name, attribution)})

    def keep(self, before: MapVersion | None) -> None:
        """Copy from the present map what this file says nothing about."""
        if before is None:
            return
        old, new = before.version_id, self._version_id
        with self._core.database.begin() as conn:
            for subject in sorted(self._kept):
                storage.keep_features(conn, old, new, subject)
            kinds = storage.asset_kinds(conn, old)
            if self._subject is None:
                kinds &= {SUBJECTS[name].asset for name in self._kept if name in SUBJECTS}
            else:
                storage.keep_features(
                    conn, old, new, EXTRACT, but_layer=self._subject.layer, but_kinds=self._subject.kinds
                )
                kinds -= {self._subject.asset}
            storage.keep_assets(conn, old, new, kinds)
            if self._options.subject not in (EXTRACT, "addresses") or "addresses" in self._kept:
                storage.keep_addresses(conn, old, new)

    def store(self, things: Iterable[Thing | Unreadable], progress: Progress) -> None:
        """Store everything that a file yields."""
        for thing in things:
            if isinstance(thing, Unreadable):
                self._note(thing)
                continue
            try:
                self._take(thing)
            except GEOSException:
                # A shape that crosses itself, in the middle of being cut.
                self._note(Unreadable(thing.origin, "error.map.geometry"))
            if len(self._features) + len(self._places) + len(self._assets) >= AT_ONCE:
                self._flush()
                progress(self.counts)
        if self._reads_addresses:
            self._places.extend(self._streets.places())
        self._flush()
        progress(self.counts)

    def _note(self, thing: Unreadable) -> None:
        self.counts.unreadable += 1
        if len(self.counts.named) < NAMED:
            self.counts.named.append(thing)

    @property
    def _reads_addresses(self) -> bool:
        return self._takes_addresses and self._options.subject in (EXTRACT, "addresses")

    def _flush(self) -> None:
        with self._core.database.begin() as conn:
            storage.add_features(conn, self._version_id, self._options.subject, self._features)
            storage.add_addresses(conn, self._version_id, self._owner, self._places)
            storage.add_assets(conn, self._version_id, self._owner, self._assets)
        self.counts.features += len(self._features)
        self.counts.addresses += len(self._places)
        self.counts.assets += len(self._assets)
        for kept in (self._features, self._places, self._assets):
            kept.clear()

    def _take(self, thing: Thing) -> None:
        tags: dict[str, Any] = dict(self._subject.tags if self._subject else {}) | dict(thing.tags)
        name = _name(tags.get("name", ""))
        for what in _classes(tags, thing.geometry):
            self._draw(what, thing.geometry, name)
        middle = thing.geometry.centroid
        if not self._clip.inside(middle.y, middle.x):
            return
        if asset := classes.asset(tags):
            self._take_asset(*asset, middle.y, middle.x)
        if number := _name(tags.get("addr:housenumber", "")):
            self._draw(Class(Layer.NUMBERS, "house", LAST_LEVEL), thing.geometry, number)
        if self._reads_addresses:
            self._take_address(tags, name, number, thing.geometry)

    def _draw(self, what: Class, geometry: BaseGeometry, name: str) -> None:
        if any(SUBJECTS[kept].covers(what.layer, what.kind) for kept in self._kept if kept in SUBJECTS):
            return
        if what.layer in (Layer.POINTS, Layer.PLACES, Layer.NUMBERS):
            # The middle of a bent house may lie in the yard next door.
            geometry = geometry.representative_point()
        feature = Feature(what.layer, what.kind, geometry, name, what.from_level or 0)
        for level, first, shape in per_level(feature, self._clip):
            self._features.append((what.layer, what.kind, name, level, first, shape))

    def _take_asset(self, kind: str, number: str, lat: float, long: float) -> None:
        if not any(SUBJECTS[kept].asset == kind for kept in self._kept if kept in SUBJECTS):
            self._assets.append(Asset(kind, _name(number), lat, long))

    def _take_address(self, tags: Mapping[str, str], name: str, number: str, geometry: BaseGeometry) -> None:
        middle = geometry.centroid
        street = _name(tags.get("addr:street", "") or tags.get("addr:place", ""))
        zipcode, town = _name(tags.get("addr:postcode", "")), _name(tags.get("addr:city", ""))
        if street and number:
            self._places.append(Place(written(street, number, zipcode, town), middle.y, middle.x))
            self._streets.add_house(street, zipcode, town, middle.y, middle.x)
        if not name:
            return
        if tags.get("highway") in classes.NAMED_ROADS and geometry.geom_type == "LineString":
            there = geometry.interpolate(0.5, normalized=True)
            self._streets.add_road(name, there.y, there.x, geometry.length)
        elif classes.of_point(tags) and name not in self._names:
            self._names.add(name)
            self._places.append(Place(name, middle.y, middle.x, PlaceKind.PLACE))


def _name(text: str) -> str:
    return " ".join(tidy(text).split())[:LONGEST_NAME]


def _classes(tags: Mapping[str, str], geometry: BaseGeometry) -> Iterator[Class]:
    """What a thing is drawn as; an area may be ground, a house and a name at once."""
    kind = geometry.geom_type
    if kind.endswith("LineString"):
        if what := classes.of_line(tags):
            yield what
        return
    if kind.endswith("Polygon"):
        yield from classes.of_area(tags)
    if what := classes.of_point(tags):
        yield what
