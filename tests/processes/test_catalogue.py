"""A changed catalogue comes into force in a running server, a broken one does not."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.ports import free_port
from tests.processes.running import answers, get, started, wait_for
from tests.serving import ROOT

SERVICES = "/open311/v2/services.json"
OLD, NEW = "Wilde Müllablagerung", "Müll am Wegesrand"
PROCESSES = 2
# Each process begins to listen once it has read the catalogue for the first time.
BEGUN = (
    "select count(*) from pg_stat_activity"
    " where application_name = 'open311 listener' and datname = current_database()"
)


@pytest.fixture
def catalogue(tmp_path: Path) -> Path:
    file = tmp_path / "categories.yaml"
    file.write_text((ROOT / "categories.yaml").read_text(encoding="utf-8"), encoding="utf-8")
    return file


@pytest.fixture
def port(fresh_database_url: str, catalogue: Path, tmp_path: Path) -> Iterator[int]:
    port = free_port()
    values = {"DATABASE_URL": fresh_database_url, "OPEN311_CATALOGUE": str(catalogue), "PORT": str(port)}
    values |= {"OPEN311_WORKERS": str(PROCESSES), "OPEN311_RATE_LIMITS": "off"}
    with (
        started(tmp_path / "log", "serve", **values),
        psycopg.connect(fresh_database_url, autocommit=True) as conn,
    ):
        assert wait_for(lambda: conn.execute(BEGUN).fetchone() == (PROCESSES,)), (
            tmp_path / "log"
        ).read_text()
        assert wait_for(lambda: answers(port)), (tmp_path / "log").read_text()
        yield port


def names(port: int) -> set[str]:
    """The names of the services, as one of the processes knows them."""
    return {service["service_name"] for service in json.loads(get(port, SERVICES))}


def state(port: int) -> Any:
    return json.loads(get(port, "/readyz"))["catalogue"]


@contextmanager
def asked_all_the_time(port: int) -> Iterator[list[str]]:
    """Requests one after the other while the block lasts; yields what went wrong with them."""
    failures: list[str] = []
    done = threading.Event()

    def ask() -> None:
        while not done.is_set():
            try:
                get(port, SERVICES)
            except OSError as failure:
                failures.append(str(failure))

    asking = threading.Thread(target=ask)
    asking.start()
    try:
        yield failures
    finally:
        done.set()
        asking.join()


def saved(catalogue: Path, text: str) -> None:
    """Save the file as editors do: nobody reads half of it."""
    written = catalogue.with_suffix(".new")
    written.write_text(text, encoding="utf-8")
    written.replace(catalogue)


def test_a_changed_file_comes_into_force_and_a_broken_one_does_not(
    port: int, catalogue: Path, tmp_path: Path
) -> None:
    """R-067: no request is dropped meanwhile; `/readyz` says what is wrong with a file."""

    def each_has_said(event: str, times: int = 1) -> bool:
        return wait_for(lambda: (tmp_path / "log").read_text().count(event) == times * PROCESSES)

    text = catalogue.read_text(encoding="utf-8")
    assert OLD in names(port)
    with asked_all_the_time(port) as failures:
        saved(catalogue, text.replace(f"{OLD}", NEW))
        assert each_has_said("catalogue_in_force")
        # Ten answers, of whichever process.
        assert all(NEW in names(port) for _ in range(10))
        saved(catalogue, text.replace("type: batch", "type: bunch"))
        assert each_has_said("catalogue_refused")
        assert all("bunch" in state(port)["problem"] for _ in range(10))
        assert NEW in names(port)
        saved(catalogue, text)
        assert each_has_said("catalogue_in_force", 2)
        assert all(OLD in names(port) for _ in range(10))
        assert not any(state(port)["problem"] for _ in range(10))
    assert failures == []
