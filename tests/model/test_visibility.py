"""Who sees how much of a request."""

import pytest

from open311.model.access.actor import ALL_RIGHTS, PUBLIC, Actor, ActorKind, Right
from open311.model.access.visibility import (
    REDACTED_FIELDS,
    RULES,
    View,
    is_everybodys,
    listed,
    redacted,
    view_of,
)
from open311.model.service_request import ServiceRequest, Visibility
from tests.builders import a_jurisdiction, a_service_request
from tests.formats.cases import IN_PROCESS

CITY, OTHER = "ludwigshafen.de", "speyer.de"


def a_reader(*rights: Right, jurisdictions: tuple[str, ...] = (CITY,)) -> Actor:
    return Actor(ActorKind.KEY, "reader", frozenset(rights), frozenset(jurisdictions))


CHECKER = a_reader(Right.SEE_HELD)
STRANGERS = (PUBLIC, a_reader(*ALL_RIGHTS - {Right.SEE_HELD}), a_reader(*Right, jurisdictions=(OTHER,)))


def seen(visibility: str, reader: Actor, *, held_by_id: bool = True) -> View:
    jurisdiction = a_jurisdiction(jurisdiction_id=CITY, held_by_id=held_by_id)
    request = a_service_request(jurisdiction_id=CITY)._replace(visibility=visibility)
    return view_of(request, jurisdiction, reader)


def test_every_visibility_has_its_rule() -> None:
    assert set(RULES) == set(Visibility)


@pytest.mark.parametrize("reader", STRANGERS)
def test_without_the_right_to_see_held_ones_only_published_ones_are_seen_whole(reader: Actor) -> None:
    views = {str(visibility): seen(visibility, reader) for visibility in Visibility}
    assert views == {
        "held": View.REDACTED,
        "published": View.FULL,
        "withheld": View.REDACTED,
        "hidden": View.NONE,
    }
    assert listed(CITY, reader) == (Visibility.PUBLISHED,)


def test_whoever_may_see_held_ones_sees_them_whole() -> None:
    views = {str(visibility): seen(visibility, CHECKER) for visibility in Visibility}
    assert views == {
        "held": View.FULL,
        "published": View.FULL,
        "withheld": View.REDACTED,
        "hidden": View.NONE,
    }
    assert listed(CITY, CHECKER) == (Visibility.PUBLISHED, Visibility.HELD)


@pytest.mark.parametrize("visibility", [Visibility.HELD, Visibility.WITHHELD])
def test_a_city_may_answer_nothing_in_place_of_the_state(visibility: Visibility) -> None:
    assert seen(visibility, PUBLIC, held_by_id=False) is View.NONE
    assert seen(Visibility.PUBLISHED, PUBLIC, held_by_id=False) is View.FULL


def test_a_request_of_another_jurisdiction_or_none_is_not_seen() -> None:
    jurisdiction = a_jurisdiction(jurisdiction_id=OTHER)
    assert view_of(a_service_request(jurisdiction_id=CITY), jurisdiction, CHECKER) is View.NONE
    assert view_of(None, jurisdiction, CHECKER) is View.NONE
    assert not is_everybodys(None)


def test_a_field_that_is_not_on_the_list_is_taken_out() -> None:
    """Whatever it is: the list says what stays."""
    left = redacted(IN_PROCESS)
    untouched = ServiceRequest(**{name: getattr(IN_PROCESS, name) for name in REDACTED_FIELDS})
    assert left == untouched
    for name in set(ServiceRequest._fields) - set(REDACTED_FIELDS):
        assert not getattr(left, name)
