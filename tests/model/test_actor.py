"""Who acts, with which rights, and where."""

from datetime import UTC, datetime

import pytest

from open311.base.errors import Forbidden, problem
from open311.model.access.actor import (
    ALL_RIGHTS,
    OF_SCOPE,
    PUBLIC,
    REPORTER,
    WORKER,
    ActorKind,
    Right,
    cli_actor,
    forward_actor,
    key_actor,
    source_actor,
    staff_actor,
)
from open311.model.access.keys import Key, Scope

CITY, OTHER = "ludwigshafen.de", "speyer.de"


def a_key(*scopes: Scope, jurisdictions: frozenset[str] | None = None) -> Key:
    return Key(
        id=7,
        name="Annas App",
        scopes=frozenset(scopes),
        created_datetime=datetime(2026, 3, 2, tzinfo=UTC),
        jurisdictions=jurisdictions,
    )


def test_events_record_kind_and_id() -> None:
    assert str(key_actor(a_key())) == "key:Annas App"
    assert str(forward_actor("example.org")) == "forward:example.org"
    assert str(staff_actor(12, (), None)) == "staff:12"
    assert str(source_actor(ActorKind.HARVEST, "bonn", CITY)) == "harvest:bonn"
    assert (str(WORKER), str(PUBLIC), str(REPORTER)) == ("worker", "public", "reporter")
    assert str(cli_actor()).startswith("cli:")


def test_scopes_of_a_key_are_bundles_of_rights() -> None:
    assert set(OF_SCOPE) == set(Scope)
    assert key_actor(a_key(Scope.REPORT)).rights == {Right.INTAKE}
    assert key_actor(a_key(*Scope)).rights == {
        Right.INTAKE,
        Right.SET_STATUS,
        Right.WRITE_PUBLIC,
        Right.SEE_HELD,
    }


@pytest.mark.parametrize("right", Right)
def test_the_command_line_and_the_worker_may_everything_everywhere(right: Right) -> None:
    for actor in (cli_actor(), WORKER):
        actor.require(right, CITY)


@pytest.mark.parametrize("right", Right)
def test_a_right_that_is_missing_is_forbidden_in_words(right: Right) -> None:
    actor = staff_actor(1, ALL_RIGHTS - {right}, None)
    with pytest.raises(Forbidden) as refused:
        actor.require(right, CITY)
    assert refused.value.problems[0].values == {"right": problem(f"desk.right.{right.value}")}


def test_rights_are_good_for_the_named_jurisdictions_and_their_sandboxes() -> None:
    actor = key_actor(a_key(Scope.REPORT, jurisdictions=frozenset({CITY})))
    actor.require(Right.INTAKE, CITY)
    actor.require(Right.INTAKE, f"test.{CITY}")
    for elsewhere in (OTHER, f"test.{OTHER}", f"x{CITY}", ""):
        with pytest.raises(Forbidden):
            actor.require(Right.INTAKE, elsewhere)


def test_an_actor_of_no_jurisdiction_may_nothing() -> None:
    actor = staff_actor(1, ALL_RIGHTS, [])
    assert not any(actor.may(right, CITY) for right in Right)
