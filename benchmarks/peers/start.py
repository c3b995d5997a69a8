"""How the peers are installed and started."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import parse_qs, quote, urlsplit

import psycopg

from benchmarks.processes import THREADS, WORKERS, free_port, granian, started

HERE = Path(__file__).parent
# The public columns, and nothing that only our own server needs.
VIEW = """
create schema if not exists peer;
create or replace view peer.request as
select id, service_code, status, status_notes, description, agency_responsible, requested_datetime,
       updated_datetime, expected_datetime, address, address_id, zipcode, media_urls[1] as media_url, geom
from service_requests where visibility = 'published'
"""


def install(folder: Path) -> Path:
    """The Python of a virtual environment with the peers."""
    python = folder / "venv" / "bin" / "python"
    marker = folder / "venv" / ".installed"
    if not marker.exists():
        subprocess.run([sys.executable, "-m", "venv", folder / "venv"], check=True)
        subprocess.run(
            [python, "-m", "pip", "install", "-q", "-r", HERE.parent / "requirements.txt"], check=True
        )
        marker.touch()
    return python


@contextmanager
def running(folder: Path, database: str) -> Iterator[dict[str, tuple[int, str]]]:
    """The peers that start: name → port and address of a list, with room for the number of rows."""
    python = install(folder)
    with psycopg.connect(database, autocommit=True) as conn:
        conn.execute(VIEW)
    sockets = parse_qs(urlsplit(database).query)["host"][0]
    name = urlsplit(database).path[1:]
    with ExitStack() as stack:
        found = {}
        for peer, begin in (("DRF + drf-gis", _drf), ("tipg", _tipg), ("pygeoapi", _pygeoapi)):
            port = free_port()
            command, address, environment = begin(python, port, folder, database, sockets, name)
            log = folder / f"{begin.__name__}.log"
            try:
                probe = address.format(1)
                stack.enter_context(started(command, port, probe, log, environment, HERE.parent.parent))
            except RuntimeError as reason:
                print(f"{peer} is left out: {reason}", file=sys.stderr)
                continue
            found[peer] = port, address
        yield found


def _drf(python: Path, port: int, folder: Path, database: str, sockets: str, name: str):  # type: ignore[no-untyped-def]
    command = granian("benchmarks.peers.drf:application", port, str(python))
    return command, "/requests?limit={}", {"DATABASE_URL": database, "PYTHONPATH": str(HERE.parent.parent)}


def _tipg(python: Path, port: int, folder: Path, database: str, sockets: str, name: str):  # type: ignore[no-untyped-def]
    command = [str(python), "-m", "uvicorn", "tipg.main:app", "--workers", str(WORKERS)]
    command += ["--port", str(port), "--log-level", "error"]
    environment = {
        "DATABASE_URL": f"postgresql://postgres@{quote(sockets, safe='')}:5432/{name}",
        "TIPG_DB_SCHEMAS": '["peer"]',
        "TIPG_MAX_FEATURES_PER_QUERY": "1000",
    }
    address = "/collections/peer.request/items?limit={}&sortby=-requested_datetime&f=geojson"
    return command, address, environment


def _pygeoapi(python: Path, port: int, folder: Path, database: str, sockets: str, name: str):  # type: ignore[no-untyped-def]
    words = {"en": "requests"}
    link = {"type": "text/html", "rel": "about", "title": "-", "href": "https://example.org"}
    provider = {
        "type": "feature",
        "name": "PostgreSQL",
        "data": {
            "host": sockets,
            "port": 5432,
            "dbname": name,
            "user": "postgres",
            "password": "-",
            "search_path": ["peer"],
        },
        "id_field": "id",
        "table": "request",
        "geom_field": "geom",
    }
    box = [8.311, 49.418, 8.4695, 49.548]
    collection = {
        "type": "collection",
        "title": words,
        "description": words,
        "keywords": ["-"],
        "links": [link],
        "extents": {"spatial": {"bbox": box, "crs": "http://www.opengis.net/def/crs/OGC/1.3/CRS84"}},
        "providers": [provider],
    }
    person = {"name": "-", "url": "https://example.org"}
    configuration = {
        "server": {
            "bind": {"host": "127.0.0.1", "port": port},
            "url": f"http://127.0.0.1:{port}",
            "mimetype": "application/json; charset=UTF-8",
            "encoding": "utf-8",
            "language": "en-US",
            "limits": {"default_items": 100, "max_items": 1000},
            "map": {"url": "https://example.org/{z}/{x}/{y}.png", "attribution": "-"},
        },
        "logging": {"level": "ERROR"},
        "metadata": {
            "identification": {
                "title": words,
                "description": words,
                "keywords": {"en": ["-"]},
                "keywords_type": "theme",
                "terms_of_service": "-",
                "url": "https://example.org",
            },
            "license": person,
            "provider": person,
            "contact": person,
        },
        "resources": {"request": collection},
    }
    # JSON is YAML too.
    settings, document = folder / "pygeoapi.json", folder / "pygeoapi-openapi.json"
    settings.write_text(json.dumps(configuration))
    environment = {"PYGEOAPI_CONFIG": str(settings), "PYGEOAPI_OPENAPI": str(document)}
    with document.open("w") as output:
        subprocess.run(
            [python.parent / "pygeoapi", "openapi", "generate", settings, "--format", "json"],
            stdout=output,
            check=False,
        )
    command = [str(python), "-m", "granian", "--interface", "wsgi", "--workers", str(WORKERS)]
    command += ["--blocking-threads", str(THREADS), "--log-level", "error", "--port", str(port)]
    address = "/collections/request/items?limit={}&sortby=-requested_datetime&f=json"
    return [*command, "pygeoapi.flask_app:APP"], address, environment
