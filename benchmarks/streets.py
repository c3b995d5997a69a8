"""`python -m benchmarks.streets`: what it takes to read a city's map in, and what its tiles cost."""

import argparse
import gzip
import resource
import time
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from statistics import quantiles

from benchmarks.made_city import make
from open311 import catalogue_file, settings
from open311.base.temporary import temporary_folder
from open311.basemap import importing, storage
from open311.basemap.importing import ImportOptions
from open311.core import Catalogues, Core
from open311.dev import private_cluster
from open311.model.catalogue import Catalogue
from open311.model.maps.tiles import Tile
from open311.storage.database import Database, migrate

ROOT = Path(__file__).parent.parent
LEVELS = range(10, 17)
# Tiles of a level that are asked for, spread over the city.
MOST = 400


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.streets")
    parser.add_argument("--blocks", type=int, default=90, help="a side; 90 are a city of 200,000")
    asked = parser.parse_args()
    city = catalogue_file.load(ROOT / "categories.yaml")
    with temporary_folder("streets") as folder:
        folder.chmod(0o711)
        file = make(folder / "city.osm.pbf", asked.blocks)
        with private_cluster.cluster(folder, durable=False) as cluster:
            url = cluster.ensure_database("streets")
            migrate.upgrade(url)
            with closing(Database(url)) as database:
                core = Core(replace(settings.load({}), database_url=url), database, Catalogues((city,)))
                _read_in(core, city, file)
                _tiles(core, city)


def _read_in(core: Core, city: Catalogue, file: Path) -> None:
    begun = time.monotonic()
    counts = importing.import_map(core, city, file, ImportOptions(), lambda counts: None)
    seconds, peak = time.monotonic() - begun, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(
        f"{file.stat().st_size / 1e6:.1f} MB read in {seconds:.0f} s, at most {peak / 1024:.0f} MB of memory"
    )
    print(
        f"{counts.features:,} shapes, {counts.addresses:,} addresses, {counts.assets:,} things with a number"
    )


def _tiles(core: Core, city: Catalogue) -> None:
    owner = city.jurisdiction.jurisdiction_id
    with core.database.begin() as conn:
        conn.exec_driver_sql("analyze map_features")
    print("| level | tiles | ms, middle | ms, 95 % | ms, most | kB, most | kB packed, most |")
    print("|---|---|---|---|---|---|---|")
    with core.database.read() as conn:
        version = storage.in_force(conn, owner)
        assert version
        assert city.jurisdiction.boundary
        for level in LEVELS:
            tiles = _of(level, city.jurisdiction.boundary.bounds)
            times, sizes, packed = list[float](), list[int](), list[int]()
            for place in tiles:
                begun = time.perf_counter()
                body = storage.tile(conn, owner, version.version_id, place) or b""
                times.append((time.perf_counter() - begun) * 1000)
                sizes.append(len(body))
                packed.append(len(gzip.compress(body)))
            cuts = quantiles(times, n=20) if len(times) > 1 else times * 19
            largest = f"{max(sizes) / 1000:.1f} | {max(packed) / 1000:.1f}"
            print(
                f"| {level} | {len(tiles)} | {cuts[9]:.1f} | {cuts[18]:.1f} | {max(times):.1f} | {largest} |"
            )


def _of(level: int, bounds: tuple[float, float, float, float]) -> list[Tile]:
    west, south, east, north = bounds
    # Columns and rows whose edges lie within; few enough at these levels to try them all around.
    size = 1 << level
    columns = range(int((west + 180) / 360 * size), int((east + 180) / 360 * size) + 1)
    rows = [row for row in range(size) if _reaches(level, row, south, north)]
    tiles = [Tile(level, column, row) for column in columns for row in rows]
    return tiles[:: max(1, len(tiles) // MOST)]


def _reaches(level: int, row: int, south: float, north: float) -> bool:
    box = Tile(level, 0, row).box
    return box.max_lat >= south and box.min_lat <= north


if __name__ == "__main__":
    main()
