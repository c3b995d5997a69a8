"""A changed catalogue comes into force in a running server, a broken one does not."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.ports import free_port
from tests.processes.running import answers, get, started, wait_for
from tests.serving import ROOT

SERVICES = "/open311/v2/services.json"
OLD, NEW = "Wilde Müllablagerung", "Müll am Wegesrand"


@pytest.fixture
def catalogue(tmp_path: Path) -> Path:
    file = tmp_path / "categories.yaml"
    file.write_text((ROOT / "categories.yaml").read_text(encoding="utf-8"), encoding="utf-8")
    return file


@pytest.fixture
def port(fresh_database_url: str, catalogue: Path, tmp_path: Path) -> Iterator[int]:
    port = free_port()
    values = {"DATABASE_URL": fresh_database_url, "OPEN311_CATALOGUE": str(catalogue), "PORT": str(port)}
    with started(tmp_path / "log", "serve", OPEN311_RATE_LIMITS="off", **values):
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


def test_a_changed_file_comes_into_force_and_a_broken_one_does_not(port: int, catalogue: Path) -> None:
    """R-067: no request is dropped meanwhile; `/readyz` says what is wrong with a file."""
    text = catalogue.read_text(encoding="utf-8")
    assert OLD in names(port)
    with asked_all_the_time(port) as failures:
        catalogue.write_text(text.replace(f"{OLD}", NEW), encoding="utf-8")
        # Ten answers in a row, so that each of the processes has given one.
        assert wait_for(lambda: all(NEW in names(port) for _ in range(10)))
        catalogue.write_text(text.replace("type: batch", "type: bunch"), encoding="utf-8")
        assert wait_for(lambda: all(state(port)["problem"] for _ in range(10)))
        assert "bunch" in state(port)["problem"]
        assert NEW in names(port)
        catalogue.write_text(text, encoding="utf-8")
        assert wait_for(lambda: all(OLD in names(port) for _ in range(10)))
        assert wait_for(lambda: not any(state(port)["problem"] for _ in range(10)))
    assert failures == []
