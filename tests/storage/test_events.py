"""The stream of events: appended in the transaction of the change, read in order."""

import pytest
from sqlalchemy import Connection, text

from open311.actions import casework
from open311.base.errors import Invalid
from open311.core import Core
from open311.storage import events
from open311.storage.database import Database
from tests.actors import CLARA
from tests.serving import Api, Clock
from tests.stored import CITY, days_ago, store


def kinds(conn: Connection, number: int) -> list[tuple[str, bool]]:
    """What happened to a request, and whether everybody may know."""
    return [(event.kind, event.public) for event in events.of_request(conn, number)]


def test_history_is_in_the_order_it_was_written(conn: Connection) -> None:
    """R-194"""
    number, other = store(conn), store(conn)
    for kind, ago in (("submitted", 3), ("published", 5), ("status_changed", 1)):
        events.append(conn, number, CITY, kind, at=days_ago(ago), actor=CLARA, public=True, status="open")
        events.append(conn, other, CITY, "hidden", at=days_ago(ago), actor=CLARA, public=False)
    history = events.of_request(conn, number)
    assert [note.kind for note in history] == ["submitted", "published", "status_changed"]
    assert [note.datetime for note in history] == [days_ago(3), days_ago(5), days_ago(1)]
    assert history[0].data == {"status": "open"}
    assert len({note.id for note in history}) == 3


def test_each_action_leaves_one_event(api: Api, core: Core, conn: Connection, clock: Clock) -> None:
    """R-174, R-194: what happens out of sight stays out of the public history."""
    number = int(api.report(service_code="STRASSENSCHADEN", **{"attribute[WO]": "fahrbahn"}))
    clock.forward(hours=1)
    casework.publish(core, number, CLARA)
    casework.assign(core, number, "TIEFBAU", CLARA)
    casework.set_status(core, number, "GELOEST", CLARA, "Fertig.")
    casework.hide(core, number, CLARA, reason="Foto")
    assert kinds(conn, number) == [
        ("submitted", False),
        ("published", True),
        ("assigned", True),
        ("status_changed", True),
        ("hidden", False),
    ]
    assert {event.actor for event in events.of_request(conn, number)[1:]} == {str(CLARA)}


def test_an_action_that_fails_leaves_no_event(api: Api, core: Core, conn: Connection) -> None:
    number = int(api.report())
    before = kinds(conn, number)
    for wrong in (
        lambda: casework.publish(core, number, CLARA),
        lambda: casework.set_status(core, number, "GIBT_ES_NICHT", CLARA),
        lambda: casework.assign(core, number, "NIEMAND", CLARA),
    ):
        with pytest.raises(Invalid):
            wrong()
    assert kinds(conn, number) == before


def test_event_and_change_share_one_transaction(fresh_database_url: str) -> None:
    """The event carries the id of the transaction that made the change, so that readers can tell what is settled."""
    database = Database(fresh_database_url)
    with database.begin() as conn:
        number = store(conn)
        events.append(conn, number, CITY, "submitted", at=days_ago(1), actor=CLARA, public=True)
    with database.read() as conn:
        same = conn.execute(
            text(
                "select e.xid::text::bigint % (2::bigint ^ 32)::bigint = r.xmin::text::bigint"
                " from events e join service_requests r on r.id = e.service_request_id"
            )
        ).scalar_one()
    database.close()
    assert same is True


def test_an_event_outlives_its_request(conn: Connection) -> None:
    number = store(conn)
    events.append(conn, number, CITY, "submitted", at=days_ago(1), actor=CLARA, public=True)
    conn.execute(text("delete from service_requests"))
    assert kinds(conn, number) == [("submitted", True)]
