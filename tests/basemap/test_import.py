"""`open311 map import`: a file becomes the map that is served, whole or not at all."""

import json
import zipfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import mapbox_vector_tile
import pytest
import shapefile
from pyproj import CRS, Transformer
from sqlalchemy import text

from open311.actions.addresses import address_list, geocoding
from open311.base.errors import Invalid
from open311.basemap import cleaning, importing, storage
from open311.basemap.importing import Counts, ImportOptions
from open311.core import Core
from open311.model.maps.place import PlaceKind
from open311.model.maps.tiles import Tile
from tests.basemap.extracts import an_extract
from tests.serving import Clock, first_city

CITY = first_city()
OWNER = CITY.jurisdiction.jurisdiction_id
# Tiles of the town hall, by the formula of the OpenStreetMap wiki.
DEEP, CLOSE = Tile(14, 8576, 5593), Tile(16, 34305, 22372)


@pytest.fixture
def extract(tmp_path: Path) -> Path:
    """The town as a file."""
    return an_extract(tmp_path / "town.osm.pbf")


def read_in(core: Core, path: Path, **options: Any) -> Counts:
    """Read a file in."""
    return importing.import_map(core, CITY, path, ImportOptions(**options), lambda counts: None)


def served(core: Core) -> int:
    """The number of the map that is served."""
    with core.database.read() as conn:
        version = storage.in_force(conn, OWNER)
    return version.version_id if version else 0


def layers(core: Core, version: int, place: Tile = DEEP) -> dict[str, list[dict[str, Any]]]:
    """What a tile shows, by layer."""
    with core.database.read() as conn:
        body = storage.tile(conn, OWNER, version, place)
    assert body is not None
    decoded = mapbox_vector_tile.decode(body) if body else {}
    return {name: [item["properties"] for item in layer["features"]] for name, layer in decoded.items()}


def names(core: Core, layer: str, place: Tile = DEEP) -> set[str]:
    """The names in a layer of the map that is served."""
    return {item["name"] for item in layers(core, served(core), place).get(layer, []) if "name" in item}


def found(core: Core, words: str) -> list[str]:
    """What the search for addresses suggests."""
    return [place.address for place in geocoding.search(core, CITY, words, "de")]


def above(zoom: int) -> Tile:
    """The tile that holds `DEEP`."""
    return Tile(zoom, DEEP.x >> (DEEP.z - zoom), DEEP.y >> (DEEP.z - zoom))


def test_streets_parks_water_houses_and_names_are_drawn(core: Core, extract: Path) -> None:
    read_in(core, extract)
    shown = layers(core, served(core))
    assert {"kind": "street", "name": "Ludwigstraße"} in shown["roads"]
    assert {"green", "water"} <= {item["kind"] for item in shown["ground"]}
    assert {"kind": "suburb", "name": "Süd"} in shown["places"]
    closer = layers(core, served(core), CLOSE)
    assert {"kind": "public", "name": "Rathaus"} in closer["buildings"]
    assert "Rathaus" in names(core, "points", CLOSE)


def test_from_afar_only_what_can_be_seen_is_in_a_tile(core: Core, extract: Path) -> None:
    read_in(core, extract)
    assert "roads" not in layers(core, served(core), above(10))
    assert "buildings" not in layers(core, served(core), above(13))


def test_nothing_far_from_the_city_is_taken(core: Core, extract: Path) -> None:
    read_in(core, extract)
    with core.database.read() as conn:
        kinds = set(conn.execute(text("select kind from map_features")).scalars())
    assert "motorway" not in kinds
    assert found(core, "Paradeplatz 1, Mannheim") == []


def test_addresses_streets_and_names_can_be_searched(core: Core, extract: Path) -> None:
    read_in(core, extract)
    assert found(core, "Ludwigstr 12")[0] == "Ludwigstraße 12, 67059 Ludwigshafen"
    assert found(core, "Ludwig")[0] == "Ludwigstraße, 67059 Ludwigshafen"
    assert found(core, "ebertpark") == ["Ebertpark"]
    [street] = [
        place
        for place in geocoding.search(core, CITY, "Ludwigstraße", "de")
        if place.kind is PlaceKind.STREET
    ]
    assert street.long == pytest.approx(8.4466)


def test_a_lamp_is_known_by_its_number(core: Core, extract: Path) -> None:
    assert read_in(core, extract).assets == 1
    with core.database.read() as conn:
        assert conn.execute(text("select kind, number from assets")).all() == [("street_lamp", "4711")]
    assert layers(core, served(core), CLOSE)["things"] == [{"kind": "street_lamp", "name": "4711"}]
    assert "things" not in layers(core, served(core), above(14))


def test_a_newer_file_takes_its_place_and_pages_that_are_open_keep_theirs(
    core: Core, clock: Clock, extract: Path, tmp_path: Path
) -> None:
    read_in(core, extract)
    before = served(core)
    read_in(core, an_extract(tmp_path / "newer.osm.pbf", street="Neue Straße"))
    assert names(core, "roads") == {"Neue Straße"}
    assert {"kind": "street", "name": "Ludwigstraße"} in layers(core, before)["roads"]
    assert not any("Ludwig" in label.partition(",")[0] for label in found(core, "Ludwigstraße 12"))
    clock.forward(hours=25)
    cleaning.drop_old(core)
    with core.database.read() as conn:
        assert storage.tile(conn, OWNER, before, DEEP) is None
        assert set(conn.execute(text("select version_id from addresses")).scalars()) == {served(core)}
    assert names(core, "roads") == {"Neue Straße"}


def test_a_list_of_the_citys_own_stays_until_told(core: Core, extract: Path) -> None:
    own = ("street,house_number,lat,long", "Bismarckstraße,3,49.48,8.44")
    address_list.replace_list(core, CITY, iter(own))
    read_in(core, extract)
    assert found(core, "Bismarckstraße 3") == ["Bismarckstraße 3", "Bismarckstraße"]
    assert found(core, "Ludwigstraße 12") == []
    read_in(core, extract, replace_own_addresses=True)
    assert found(core, "Bismarckstraße 3") == []
    assert found(core, "Ludwigstraße 12")


def playgrounds(path: Path, *features: Any) -> Path:
    """A file of the city's own."""
    collection = {"type": "FeatureCollection", "features": list(features)}
    path.write_text(json.dumps(collection), encoding="utf-8")
    return path


def a_playground(name: str, geometry: Any = None) -> dict[str, Any]:
    """One of them."""
    there = {"type": "Point", "coordinates": [8.4443, 49.4804]}
    return {"type": "Feature", "properties": {"BEZEICHNUNG": name}, "geometry": geometry or there}


def test_official_data_of_a_layer_outlive_the_next_extract(core: Core, extract: Path, tmp_path: Path) -> None:
    read_in(core, extract)
    file = playgrounds(tmp_path / "play.geojson", a_playground("Spielplatz am Rathaus"))
    read_in(core, file, subject="playgrounds", attribution="© Stadt <Ludwigshafen>")
    assert "Spielplatz am Rathaus" in names(core, "points", CLOSE)
    assert names(core, "roads") == {"Ludwigstraße"}
    assert found(core, "Ludwigstraße 12")
    read_in(core, extract)
    assert "Spielplatz am Rathaus" in names(core, "points", CLOSE)
    with core.database.read() as conn:
        version = storage.in_force(conn, OWNER)
    assert version is not None
    assert sorted(version.attributions) == ["© OpenStreetMap", "© Stadt <Ludwigshafen>"]


def test_what_cannot_be_drawn_is_named_and_the_rest_is_read(core: Core, tmp_path: Path) -> None:
    broken = a_playground("x", {"type": "Polygon", "coordinates": "none"})
    file = playgrounds(tmp_path / "play.geojson", broken, a_playground("Spielplatz"))
    counts = read_in(core, file, subject="playgrounds")
    assert [thing.origin for thing in counts.named] == ["feature 1"]
    assert names(core, "points", CLOSE) == {"Spielplatz"}


def packed_shapes(path: Path, *, crs: str = "EPSG:25832", encoding: str = "utf-8") -> Path:
    """Street lamps as a zipped shape file in metres."""
    folder = path.parent / "shapes"
    east, north = Transformer.from_crs("EPSG:4326", crs, always_xy=True).transform(8.4464, 49.4812)
    with shapefile.Writer(str(folder / "lampen"), encoding=encoding) as writer:
        writer.field("LEUCHTE", "N", 10, 0)
        writer.field("STRASSE", "C", 40)
        writer.point(east, north)
        writer.record(4712, "Ludwigstraße")
    (folder / "lampen.prj").write_text(CRS.from_user_input(crs).to_wkt("WKT1_ESRI"))
    with zipfile.ZipFile(path, "w") as packed:
        for file in folder.iterdir():
            packed.write(file, file.name)
    return path


def test_a_zipped_shape_file_in_metres_is_read(core: Core, tmp_path: Path) -> None:
    file = packed_shapes(tmp_path / "lampen.zip")
    counts = read_in(core, file, subject="street_lamp", fields={"ref": "LEUCHTE"})
    assert counts.assets == 1
    with core.database.read() as conn:
        [(number, lat, long)] = conn.execute(text("select number, ST_Y(geom), ST_X(geom) from assets")).all()
    assert number == "4712"
    assert (lat, long) == pytest.approx((49.4812, 8.4464), abs=1e-6)


def bad_files(folder: Path) -> Iterator[tuple[Path, str]]:
    """Files that nobody can make a map of, and why."""
    good = json.dumps(a_playground("x"))
    contents = {
        "cut.geojson": (f'{{"features": [{good}, {{"type": ', "error.map.json"),
        "lines.geojson": (f"{good}\n{good}\nnothing\n", "error.map.line"),
        "metres.geojson": (
            json.dumps(
                {"features": [a_playground("x", {"type": "Point", "coordinates": [459800, 5481000]})]}
            ),
            "error.map.degrees",
        ),
        "empty.geojson": ('{"features": []}', "error.map.empty"),
        "cut.osm.pbf": ("no map", "error.map.file"),
        "off.osm": ('<osm version="0.6"><node id="1" lat="999" lon="9"/></osm>', "error.map.file"),
        "cut.zip": ("no archive", "error.map.file"),
        "map.docx": ("x", "error.map.kind"),
    }
    for name, (text_, key) in contents.items():
        path = folder / name
        path.write_text(text_, encoding="utf-8")
        yield path, key


def test_a_file_that_cannot_be_read_changes_nothing(core: Core, extract: Path, tmp_path: Path) -> None:
    read_in(core, extract)
    before = served(core)
    for path, key in bad_files(tmp_path):
        with pytest.raises(Invalid) as refused:
            read_in(core, path, subject="playgrounds")
        assert [problem.key for problem in refused.value.problems] == [key], path
        assert served(core) == before
    with core.database.read() as conn:
        assert set(conn.execute(text("select id from map_versions")).scalars()) == {before}
        assert set(conn.execute(text("select version_id from map_features")).scalars()) == {before}


def test_texts_in_another_encoding_ask_for_its_name(core: Core, tmp_path: Path) -> None:
    file = packed_shapes(tmp_path / "lampen.zip", encoding="cp1252")
    with pytest.raises(Invalid) as refused:
        read_in(core, file, subject="street_lamp")
    assert refused.value.problems[0].key == "error.map.encoding"
    assert (
        read_in(core, file, subject="street_lamp", fields={"ref": "LEUCHTE"}, encoding="cp1252").assets == 1
    )


def test_what_another_file_replaced_meanwhile_is_not_overwritten(core: Core, extract: Path) -> None:
    def overtaken(counts: Counts) -> None:
        with core.database.begin() as conn:
            conn.execute(
                text(
                    "insert into map_versions (jurisdiction_id, sources, in_force, touched_datetime)"
                    " values (:owner, '{}', true, now()) on conflict do nothing"
                ),
                {"owner": OWNER},
            )

    with pytest.raises(Invalid) as refused:
        importing.import_map(core, CITY, extract, ImportOptions(), overtaken)
    assert refused.value.problems[0].key == "error.map.meanwhile"


def test_maps_that_were_never_finished_go_after_a_day(core: Core, clock: Clock) -> None:
    with core.database.begin() as conn:
        storage.begin(conn, OWNER, clock() - timedelta(hours=25))
        storage.begin(conn, OWNER, clock() - timedelta(hours=1))
    cleaning.drop_old(core)
    with core.database.read() as conn:
        assert conn.execute(text("select count(*) from map_versions")).scalar_one() == 1
