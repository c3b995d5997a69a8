"""`python -m benchmarks.figures`: what the figures of a city with a million reports cost, from its roll-ups."""

import statistics
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from werkzeug.test import Client

from open311 import catalogue_file, settings
from open311.adapters import log_output
from open311.app import create_app
from open311.base.temporary import temporary_folder
from open311.core import Catalogues, Core
from open311.dev import private_cluster
from open311.storage.database import Database, migrate
from open311.storage.statistics import FiguresCache
from open311.web.statistics import read

ROOT = Path(__file__).parent.parent
ROUNDS = 40
# Ten years in which a hundredth of each month stays open, by service and by one of 24 districts.
FILL = """
insert into statistics_months
    (jurisdiction_id, part, month, service_code, area, received, open, closed, promised, kept, days)
select %(owner)s, part, month, service, district, received, greatest(1, received / 100), received, received,
       received * 4 / 5, (select jsonb_object_agg(days, 1 + received / 40) from generate_series(0, 39) as days)
from generate_series(date_trunc('month', %(now)s) - interval '119 months', %(now)s, interval '1 month') as month,
     (select 'both', service, 'District ' || number, 1
      from unnest(%(services)s::text[]) as service, generate_series(1, 24) as number
      union all select 'service', service, '', 24 from unnest(%(services)s::text[]) as service
      union all select 'area', '', 'District ' || number, %(number)s from generate_series(1, 24) as number
     ) as parts (part, service, district, times),
     lateral (select times * (12 + (random() * 25)::integer) as received) as drawn
"""
RUN = "insert into statistics_runs (jurisdiction_id, event_id, run_datetime) values (%(owner)s, 0, %(now)s)"


def main() -> None:
    """Measure, and print a table."""
    city = catalogue_file.load(ROOT / "categories.yaml")
    with temporary_folder("figures") as folder:
        folder.chmod(0o711)
        with private_cluster.cluster(folder, durable=False) as cluster:
            url = cluster.ensure_database("figures")
            migrate.upgrade(url)
            with closing(Database(url)) as database:
                quiet = settings.load({"OPEN311_RATE_LIMITS": "off", "OPEN311_LOG_LEVEL": "error"})
                log_output.configure(quiet)
                core = Core(replace(quiet, database_url=url), database, Catalogues((city,)))
                _measure(core)


def _measure(core: Core) -> None:
    [city] = core.catalogues.in_force
    fill = {
        "owner": city.jurisdiction.jurisdiction_id,
        "now": core.now(),
        "number": len(city.active_services()),
        "services": [service.service_code for service in city.active_services()],
    }
    with core.database.begin() as conn:
        rows = conn.exec_driver_sql(FILL, fill).rowcount
        conn.exec_driver_sql(RUN, fill)
    with core.database.begin() as conn:
        conn.exec_driver_sql("analyze statistics_months")
        received = conn.exec_driver_sql(
            "select sum(received) from statistics_months where part = 'service'"
        ).scalar_one()
    print(f"{received:,} reports, {rows:,} rows")
    print("| | ms, middle | ms, 95 % | processor, ms |")
    print("|---|---|---|---|")
    _row("read and added up", lambda: read(replace(core, figures=FiguresCache()), city, "de"))
    _row("kept from before", lambda: read(core, city, "de"))
    client = Client(create_app(core))
    for path in ("/statistics", "/open311/v2/statistics.json", "/open311/v2/statistics.csv", "/"):
        _row(f"`{path}`, kept", lambda path=path: client.get(path))  # type: ignore[misc]


def _row(name: str, work: Callable[[], object]) -> None:
    """Wall clock, and processor time of our process: the rest is PostgreSQL's, and of others on the machine."""
    work()
    times, own = list[float](), list[float]()
    for _ in range(ROUNDS):
        begun, used = time.perf_counter(), time.process_time()
        work()
        times.append((time.perf_counter() - begun) * 1000)
        own.append((time.process_time() - used) * 1000)
    cuts = statistics.quantiles(times, n=20)
    print(f"| {name} | {statistics.median(times):.1f} | {cuts[-1]:.1f} | {statistics.median(own):.1f} |")


if __name__ == "__main__":
    main()
