"""Kinds of events stand in one table, and nowhere else as bare words."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from open311.base.i18n import messages
from open311.model.events.event_kinds import IN_FEED, RULES, Audience, EventKind, check

SOURCES = sorted((Path(__file__).parent.parent.parent / "open311").rglob("*.py"))
WRITERS = {"append", "append_to", "tell", "tell_staff", "tell_status"}


def kinds_written(file: Path) -> Iterator[str]:
    """Bare words handed to what writes events."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            owner = node.func.value
            writes = isinstance(owner, ast.Name) and owner.id in ("events", "work", "self")
            if writes and node.func.attr in WRITERS:
                for word in node.args:
                    if isinstance(word, ast.Constant) and isinstance(word.value, str):
                        yield word.value


def test_no_event_is_written_under_a_bare_word() -> None:
    assert {(file.name, word) for file in SOURCES for word in kinds_written(file)} == set()


def test_every_kind_has_a_rule_and_what_leaves_the_house_a_meaning() -> None:
    assert set(RULES) == set(EventKind)
    assert [kind for kind in IN_FEED if not RULES[kind].meaning] == []


@pytest.mark.parametrize("language", ["de", "en"])
def test_every_kind_has_words_for_the_history_of_a_case(language: str) -> None:
    assert [kind for kind in EventKind if f"desk.event.{kind}" not in messages(language)] == []


def test_updates_and_mails_are_of_kinds_that_everybody_may_hear_of() -> None:
    for kind, rule in RULES.items():
        if rule.is_update:
            assert rule.audience is Audience.HISTORY, kind
        if rule.is_mailed:
            assert rule.audience >= Audience.FEED, kind


@pytest.mark.parametrize(
    ("kind", "flags"),
    [
        ("claimed", {"public": True}),
        ("claimed", {"in_feed": True}),
        ("hidden", {"public": True}),
        ("submitted", {"is_update": True}),
        ("publisht", {}),
    ],
)
def test_what_the_rule_of_a_kind_does_not_allow_is_not_written(kind: str, flags: dict[str, bool]) -> None:
    """A misspelt kind, an internal one in the history, a withdrawal as a line of it."""
    with pytest.raises(ValueError, match=kind):
        check(kind, **({"public": False, "in_feed": False, "is_update": False} | flags))


@pytest.mark.parametrize("kind", EventKind)
def test_every_kind_may_stay_in_the_house(kind: EventKind) -> None:
    assert check(kind.value, public=False, in_feed=False, is_update=False) is kind
