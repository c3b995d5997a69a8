"""The button pressed many times at the same moment, on a server that really commits."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, cast

import pytest
from sqlalchemy import text

from open311.actions.reporting import drafts
from open311.core import Core
from tests.client import client_of
from tests.opendata.live import a_live_core
from tests.pictures import a_photo
from tests.serving import Clock
from tests.site.test_form import at_check
from tests.site.visitor import Visitor, a_file


@pytest.fixture
def core(fresh_database_url: str, tmp_path: Path) -> Iterator[Core]:
    """A server of its own."""
    made = a_live_core(fresh_database_url, OPEN311_DATA_DIR=str(tmp_path))
    yield made
    made.database.close()


def test_is_one_report_with_its_photos(core: Core) -> None:
    client = client_of(core)
    visitor = at_check(Visitor(client).open("/report"), cast(Clock, core.now))
    visitor.follow("Einzelheiten").fill(media=a_file(a_photo())).press("Fotos hochladen")

    def press(_: int) -> int:
        return client.another().post(f"/report/{visitor.word}/check", data={"action": "send"}).status_code

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(press, range(8)))
    assert set(answers) == {303}
    with core.database.read() as conn:
        counted = conn.execute(
            text("select (select count(*) from service_requests), (select count(*) from media)")
        )
        assert tuple(counted.one()) == (1, 1)
    assert len(list(core.media_store.stored())) == 1


def test_a_press_beside_another_that_is_stored_first_ends_the_same(
    core: Core, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = client_of(core)
    visitor = at_check(Visitor(client).open("/report"), cast(Clock, core.now))
    keep = drafts.keep
    answers: list[str] = []

    def press() -> None:
        address = f"/report/{visitor.word}/check"
        answers.append(client.post(address, data={"action": "send"}).headers["Location"])

    def overtaken(*given: Any) -> None:
        keep(*given)
        monkeypatch.undo()
        press()

    monkeypatch.setattr(drafts, "keep", overtaken)
    press()
    assert answers == [f"/report/{visitor.word}/sent"] * 2
