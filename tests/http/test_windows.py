"""Counts of one process, and of several that share them."""

import secrets
from itertools import count
from types import SimpleNamespace

import pytest

from open311 import settings
from open311.http.limits.rate_limits import Limits
from open311.http.limits.windows import LocalWindow, SharedWindow, Window

HOUR = 3600


@pytest.fixture
def name() -> str:
    """Memory that nobody else knows."""
    return f"test-{secrets.token_hex(8)}"


@pytest.fixture(params=["local", "shared"])
def window(request: pytest.FixtureRequest, name: str) -> Window:
    return LocalWindow(HOUR) if request.param == "local" else SharedWindow(HOUR, name)


def test_everybody_has_a_share(window: Window) -> None:
    assert [window.take("a", 2) for _ in range(3)] == [True, True, False]
    assert window.is_left("b", 1)
    assert not window.is_left("a", 2)
    assert window.is_left("a", 3)


def test_who_has_none_left_is_told_how_long_to_wait(window: Window) -> None:
    assert window.seconds_to_wait("a", 1) == 0
    assert 0 < window.seconds_to_wait("a", 1) <= HOUR


def test_all_who_name_the_same_memory_count_together(name: str) -> None:
    one, other, stranger = SharedWindow(HOUR, name), SharedWindow(HOUR, name), SharedWindow(60, name)
    assert one.take("a", 2)
    assert other.take("a", 2)
    assert not one.is_left("a", 2)
    assert stranger.is_left("a", 1)


@pytest.mark.parametrize("which", ["minute", "hour", "brake"])
def test_processes_of_one_server_have_each_limit_together(name: str, which: str) -> None:
    one, other = (getattr(Limits(settings.load({}), shared_as=name), which) for _ in range(2))
    assert one.take("a", 1)
    assert not other.is_left("a", 1)


def test_a_new_span_begins_with_nothing(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    now = count(HOUR * 100, HOUR)
    monkeypatch.setattr("open311.http.limits.windows.time", SimpleNamespace(time=lambda: next(now)))
    window = SharedWindow(HOUR, name)
    assert [window.seconds_to_wait("a", 1) for _ in range(3)] == [0, 0, 0]


def test_thousands_are_told_apart(name: str) -> None:
    window = SharedWindow(HOUR, name)
    for number in range(2000):
        assert window.take(f"reads of 203.0.{number // 256}.{number % 256}", 1)
    assert sum(not window.is_left(f"reads of 198.51.{number}.1", 1) for number in range(256)) < 5
