"""Mails are made from the stream of events: each committed event once, whatever dies in between."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text

from open311.actions import casework
from open311.core import Core
from open311.notifications import mail_subscriptions
from open311.notifications.mails import messages
from open311.notifications.model.mail_limits import MailAsker
from tests.actors import CLARA
from tests.opendata.live import a_live_core
from tests.serving import an_api


@pytest.fixture
def core(fresh_database_url: str) -> Iterator[Core]:
    """A server that really commits; its mails would go nowhere."""
    made = a_live_core(
        fresh_database_url, OPEN311_SMTP_URL="smtp://127.0.0.1:1", OPEN311_MAIL_FROM="stadt@example.org"
    )
    yield made
    made.database.close()


def a_followed_report(core: Core) -> int:
    """A report with somebody who has confirmed."""
    number = int(an_api(core).report())
    asker = MailAsker("127.0.0.1", f"form {number}", proven=True)
    mail_subscriptions.follow(core, core.catalogues.in_force[0], number, "kim@example.org", "de", asker)
    with core.database.begin() as conn:
        conn.execute(text("update followers set confirmed_datetime = now()"))
    return number


def jobs(core: Core) -> int:
    """How many mails about events wait."""
    with core.database.read() as conn:
        wanted = text("select count(*) from procrastinate_jobs where task_name = 'tell_follower'")
        return int(conn.execute(wanted).scalar_one())


def test_what_happened_before_mail_was_set_up_is_not_told(core: Core) -> None:
    casework.set_status(core, a_followed_report(core), "GELOEST", CLARA)
    messages.read_events(core)
    messages.read_events(core)
    assert jobs(core) == 0


def test_each_event_is_read_once_by_many_workers(core: Core) -> None:
    messages.read_events(core)
    number = a_followed_report(core)
    for status in ("GELOEST", "IN_BEARBEITUNG", "GELOEST"):
        casework.set_status(core, number, status, CLARA)
    with ThreadPoolExecutor(3) as pool:
        assert sum(pool.map(lambda _: messages.read_events(core), range(6))) == 3
    assert jobs(core) == 3


def test_internal_events_are_told_to_nobody(core: Core) -> None:
    messages.read_events(core)
    number = a_followed_report(core)
    casework.assign(core, number, "TIEFBAU", CLARA)
    assert messages.read_events(core) == 0
