"""Every action sees for itself whether its actor may; whoever may not changes nothing."""

from collections.abc import Callable
from dataclasses import replace
from io import BytesIO
from typing import Any

import pytest
from sqlalchemy import Connection, text

from open311.actions import casework
from open311.actions.photos import media
from open311.actions.reporting import report, updates
from open311.base.errors import Forbidden
from open311.core import Core
from open311.model.access.actor import ALL_RIGHTS, Actor, ActorKind, Right
from open311.model.intake.submission import Submission
from open311.model.service_request import Location
from open311.model.updates import UpdateSubmission
from tests.actors import CLARA
from tests.builders import a_catalogue, a_jurisdiction, a_service
from tests.pictures import a_photo
from tests.serving import START, MakeCore, first_city

OWN, OTHER = first_city().jurisdiction.jurisdiction_id, "speyer.de"
Action = Callable[[Core, int, Actor], Any]


def a_submission(**fields: Any) -> Submission:
    return Submission(service_code="MUELL_WILD", location=Location(49.48, 8.44), **fields)


def an_update(number: int) -> UpdateSubmission:
    return UpdateSubmission(
        service_request_id=number,
        update_id="1",
        update_status="IN_PROGRESS",
        sent_datetime=START,
        description="Hallo",
    )


def submit(core: Core, actor: Actor, **fields: Any) -> int:
    receipt = report.submit(core, core.catalogues.in_force[0], a_submission(**fields), actor)
    assert receipt.service_request_id
    return receipt.service_request_id


def claim(core: Core, number: int) -> int:
    outsider = replace(CLARA, rights=frozenset({Right.INTAKE}))
    return updates.post(core, core.catalogues.in_force[0], an_update(number), outsider)


# What it takes, and how it is done. An update is a claim for whoever may only report.
ACTIONS: dict[str, tuple[set[Right], Action]] = {
    "show": ({Right.SEE_HELD, Right.SEE_REPORTER}, casework.show),
    "held": (
        {Right.SEE_HELD},
        lambda core, number, actor: casework.held(core, core.catalogues.in_force[0], 1, actor),
    ),
    "publish": ({Right.CHECK}, casework.publish),
    "hide": ({Right.CHECK}, casework.hide),
    "set_status": (
        {Right.SET_STATUS},
        lambda core, number, actor: casework.set_status(core, number, "GELOEST", actor, "Erledigt."),
    ),
    "note": ({Right.WRITE_PUBLIC}, lambda core, number, actor: casework.note(core, number, "Hallo", actor)),
    "assign": (
        {Right.ASSIGN_UNIT},
        lambda core, number, actor: casework.assign(core, number, "TIEFBAU", actor),
    ),
    "merge": (
        {Right.MERGE},
        lambda core, number, actor: casework.merge(core, number, submit(core, CLARA), actor),
    ),
    "erase": ({Right.ERASE}, casework.erase),
    "report": ({Right.INTAKE}, lambda core, number, actor: submit(core, actor)),
    "update": (
        {Right.INTAKE, Right.SET_STATUS},
        lambda core, number, actor: updates.post(core, core.catalogues.in_force[0], an_update(number), actor),
    ),
    "held_updates": (
        {Right.SEE_HELD, Right.SEE_REPORTER},
        lambda core, number, actor: updates.held(core, core.catalogues.in_force[0], 1, actor),
    ),
    "publish_update": (
        {Right.CHECK},
        lambda core, number, actor: updates.publish(core, claim(core, number), actor),
    ),
    "hide_update": (
        {Right.CHECK},
        lambda core, number, actor: updates.hide(core, claim(core, number), actor),
    ),
    "publish_photo": (
        {Right.CHECK},
        lambda core, number, actor: casework.publish_photo(core, media.of_request(core, number)[0].id, actor),
    ),
    "hide_photo": (
        {Right.CHECK},
        lambda core, number, actor: casework.hide_photo(core, media.of_request(core, number)[0].id, actor),
    ),
}


@pytest.fixture
def core(make_core: MakeCore) -> Core:
    other = a_catalogue(a_service(moderated=False), jurisdiction=a_jurisdiction(jurisdiction_id=OTHER))
    return make_core(first_city(), other)


@pytest.fixture
def number(core: Core) -> int:
    return submit(core, CLARA, photos=(BytesIO(a_photo()),))


def history(conn: Connection) -> list[Any]:
    return list(conn.execute(text("select id, kind, actor from events order by id")))


def of(rights: frozenset[Right] | set[Right], *jurisdictions: str) -> Actor:
    return Actor(ActorKind.STAFF, "1", frozenset(rights), frozenset(jurisdictions))


@pytest.mark.parametrize("name", ACTIONS)
def test_an_actor_without_the_right_is_refused_and_nothing_happens(
    core: Core, conn: Connection, number: int, name: str
) -> None:
    rights, action = ACTIONS[name]
    with pytest.raises(Forbidden):
        action(core, number, of(ALL_RIGHTS - rights, OWN))
    assert not {row for row in history(conn) if row.actor == "staff:1"}


@pytest.mark.parametrize("name", ACTIONS)
def test_an_actor_of_another_jurisdiction_is_refused_and_nothing_happens(
    core: Core, conn: Connection, number: int, name: str
) -> None:
    with pytest.raises(Forbidden):
        ACTIONS[name][1](core, number, of(ALL_RIGHTS, OTHER))
    assert not {row for row in history(conn) if row.actor == "staff:1"}


@pytest.mark.parametrize("name", ACTIONS)
def test_the_right_is_enough(core: Core, number: int, name: str) -> None:
    rights, action = ACTIONS[name]
    if name == "publish":
        casework.hide(core, number, CLARA)
    action(core, number, of(rights, OWN))
