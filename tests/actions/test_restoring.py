"""A backup restored into another database sends nothing old, gives out no number twice, and repeats erasures."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import pytest
from sqlalchemy import text

from open311.actions import casework
from open311.actions.staff_accounts import accounts, own_account, sign_in
from open311.actions.upkeep import restoring
from open311.base.errors import Invalid
from open311.core import Core
from open311.model.access.actor import cli_actor
from open311.model.staff.accounts import AccountState
from open311.model.staff.roles import Role
from open311.notifications import mail_subscriptions
from open311.notifications.mails import messages
from open311.notifications.model.mail_limits import MailAsker
from open311.notifications.storage import alerts, people
from open311.storage.database import Connection, Database
from open311.storage.desk.staff_mail import digests
from open311.storage.events import changes, stream
from open311.storage.staff_accounts import accounts as account_storage
from open311.storage.upkeep import erasures
from open311.storage.upkeep import restored as restored_database
from open311.webhooks import delivery, subscriptions
from tests.actors import CLARA
from tests.backups import an_empty_database, dump, restore
from tests.opendata.live import a_live_core
from tests.serving import START, Api, Clock, an_api
from tests.staff.desk import PASSWORD, SENDER, membership

WAITING = {
    "mails": "select count(*) from procrastinate_jobs where status = 'todo' and task_name = 'tell_follower'",
    "messages": "select count(*) from webhook_messages where state = 'waiting'",
}


@pytest.fixture
def core(fresh_database_url: str, tmp_path: Path) -> Iterator[Core]:
    """A server that sends mails and webhook messages, or would, if a worker ran."""
    made = a_live_core(
        fresh_database_url,
        OPEN311_SMTP_URL="smtp://127.0.0.1:1",
        OPEN311_MAIL_FROM="stadt@example.org",
        OPEN311_DATA_DIR=str(tmp_path),
    )
    yield made
    made.database.close()


@pytest.fixture
def elsewhere(cluster_url: str) -> Iterator[str]:
    """An empty database to restore into."""
    with an_empty_database(cluster_url) as url:
        yield url


def a_client(core: Core) -> Api:
    """A client with a key of its own, which is named after the moment."""
    cast(Clock, core.now).forward(seconds=1)
    return an_api(core)


def read_events(core: Core) -> None:
    """What the worker does once a second."""
    restoring.adopt(core)
    delivery.enqueue(core)
    while messages.read_events(core):
        pass


def waiting(core: Core) -> dict[str, int]:
    """How many mails and webhook messages wait to be sent."""
    with core.database.read() as conn:
        return {kind: conn.execute(text(question)).scalar_one() for kind, question in WAITING.items()}


def follow(core: Core, number: int, email: str = "kim@example.org") -> None:
    """Somebody follows a report and has confirmed."""
    asker = MailAsker("network", "origin", proven=True)
    mail_subscriptions.follow(core, core.catalogues.in_force[0], number, email, "de", asker)
    with core.database.begin() as conn:
        conn.execute(text("update followers set confirmed_datetime = created_datetime"))


def change(core: Core, number: int, status: str = "IN_BEARBEITUNG") -> None:
    """Something that followers and targets are told."""
    casework.set_status(core, number, status, CLARA)


@pytest.fixture
def busy(core: Core) -> int:
    """A followed report with a webhook, one change told and another about to be."""
    number = int(a_client(core).report())
    read_events(core)
    subscriptions.add(
        core, core.catalogues.in_force[0], "partner", "https://partner.example/hook", actor=CLARA
    )
    follow(core, number)
    change(core, number)
    read_events(core)
    with core.database.begin() as conn:
        conn.execute(text("update webhook_messages set state = 'delivered'"))
        conn.execute(text("update procrastinate_jobs set status = 'succeeded'"))
        conn.execute(text("update mail_messages set sent_datetime = now()"))
    change(core, number, "GELOEST")
    return number


@contextmanager
def restored(core: Core, url: str, folder: Path) -> Iterator[Core]:
    """The server on what a backup of it brings back in another database."""
    restore(dump(core_url(core), folder), url)
    database = Database(url)
    yield replace(core, database=database)
    database.close()


def core_url(core: Core) -> str:
    """The address of a server's database."""
    return core.database.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)


def cursor(core: Core) -> str:
    """The cursor of somebody who has read the change feed to its end."""
    with core.database.read() as conn:
        source = changes.source(conn, "ludwigshafen.de")
        page = changes.read(conn, "ludwigshafen.de", changes.Position.beginning(source), 1000)
        return page.end.write(source)


def accepts(core: Core, word: str) -> bool:
    """Whether the change feed goes on from a cursor."""
    with core.database.read() as conn:
        try:
            changes.position(conn, changes.source(conn, "ludwigshafen.de"), word)
        except Invalid:
            return False
    return True


def test_what_waited_in_a_backup_is_not_sent(core: Core, busy: int, elsewhere: str, tmp_path: Path) -> None:
    """It was sent after the backup was made; also what the worker had not read yet."""
    with restored(core, elsewhere, tmp_path) as other:
        read_events(other)
        assert waiting(other) == {"mails": 0, "messages": 0}
        change(other, busy, "IN_BEARBEITUNG")
        read_events(other)
        assert waiting(other) == {"mails": 1, "messages": 1}
        read_events(other)
        assert waiting(other) == {"mails": 1, "messages": 1}


def test_orders_that_waited_in_a_backup_are_skipped(
    core: Core, busy: int, elsewhere: str, tmp_path: Path
) -> None:
    read_events(core)
    assert waiting(core) == {"mails": 1, "messages": 1}
    with restored(core, elsewhere, tmp_path) as other:
        told = restoring.declare(other, (), nothing_lost=False)
        assert (told.mails, told.messages) == (1, 1)
        assert waiting(other) == {"mails": 0, "messages": 0}
    assert waiting(core) == {"mails": 1, "messages": 1}


def test_what_was_only_moved_goes_on_where_it_was(
    core: Core, busy: int, elsewhere: str, tmp_path: Path
) -> None:
    with restored(core, elsewhere, tmp_path) as other:
        restoring.declare(other, (), nothing_lost=True)
        read_events(other)
        assert waiting(other) == {"mails": 1, "messages": 1}
        change(other, busy, "IN_BEARBEITUNG")
        read_events(other)
        assert waiting(other) == {"mails": 2, "messages": 2}


def test_nobody_is_told_twice_of_one_event(core: Core, busy: int) -> None:
    """Whatever becomes of the mark of the reader."""
    marks = "select name, xid::text as xid, number from stream_readers"
    with core.database.read() as conn:
        before = [dict(row._mapping) for row in conn.execute(text(marks))]
    read_events(core)
    with core.database.begin() as conn:
        back = "update stream_readers set xid = cast(:xid as xid8), number = :number where name = :name"
        conn.execute(text(back), before)
    read_events(core)
    assert waiting(core) == {"mails": 1, "messages": 1}


def test_a_reader_of_the_past_is_told_what_it_has_not_seen(
    core: Core, busy: int, elsewhere: str, tmp_path: Path
) -> None:
    """Reports to be handed on: looked for at the other server rather than forgotten."""
    with core.database.begin() as conn:
        conn.execute(text("update stream_readers set name = 'forward' where name = 'mail'"))
    with restored(core, elsewhere, tmp_path) as other:
        restoring.adopt(other)
        change(other, busy, "IN_BEARBEITUNG")
        kinds = []
        for _ in range(3):
            with other.database.begin() as conn:
                kinds.append([line.kind for line in stream.take(conn, "forward", 500)])
    assert kinds == [["status_changed"], ["status_changed"], []]


def test_cursors_of_before_are_refused_for_ever(
    core: Core, busy: int, elsewhere: str, tmp_path: Path
) -> None:
    """The server says that a new copy is needed, however far its own transactions have come."""
    before = cursor(core)
    with restored(core, elsewhere, tmp_path) as other:
        assert not accepts(other, before)
        restoring.declare(other, (), nothing_lost=False)
        api = a_client(other)
        for _ in range(40):
            api.report()
        assert not accepts(other, before)
        assert accepts(other, cursor(other))
    assert accepts(core, before)


def test_a_dump_restored_over_itself_refuses_cursors_too(core: Core, busy: int, tmp_path: Path) -> None:
    """Same cluster, same database, tables dropped and made again."""
    before, file = cursor(core), dump(core_url(core), tmp_path)
    restore(file, core_url(core), "--clean", "--if-exists")
    assert not accepts(core, before)
    read_events(core)
    assert waiting(core) == {"mails": 0, "messages": 0}


def test_no_number_is_given_out_twice(core: Core, busy: int, elsewhere: str, tmp_path: Path) -> None:
    with restored(core, elsewhere, tmp_path) as other:
        api = a_client(core)
        lost = [int(api.report()) for _ in range(3)]
        tag = subscriptions.show(other, "partner").subscription.tag
        restoring.declare(other, (), nothing_lost=False)
        assert int(a_client(other).report()) == busy + 1001
        assert busy + 1001 not in lost
        assert subscriptions.show(other, "partner").subscription.tag != tag


def rows(conn: Connection, table: str) -> int:
    """How many rows a table has."""
    return int(conn.execute(text(f"select count(*) from {table}")).scalar_one())


def erase(core: Core, number: int) -> dict[str, Any]:
    """A report is erased, somebody's data are, and somebody else no longer follows."""
    with core.database.begin() as conn:
        there = {table: rows(conn, table) for table in ("service_requests", "reporters", "followers")}
    casework.erase(core, number, CLARA)
    with core.database.begin() as conn:
        people.forget(conn, ["ludwigshafen.de"], "anna@example.org")
        conn.execute(text("delete from followers where email = 'kim@example.org'"))
    return there


@pytest.mark.parametrize("from_file", [False, True])
def test_what_was_erased_after_the_backup_is_erased_again(
    core: Core, elsewhere: str, tmp_path: Path, from_file: bool
) -> None:
    """Known from beside the photos, or from a file; a report that has the number by chance stays."""
    api = a_client(core)
    first, second = (int(api.report(email="anna@example.org")) for _ in range(2))
    follow(core, second)
    with restored(core, elsewhere, tmp_path) as other:
        there = erase(core, first)
        while restoring.copy_erasures(core):
            pass
        with core.database.read() as conn:
            lines = [restoring.written(erasure) for erasure in erasures.since(conn, START)]
        entries = restoring.read(lines) if from_file else restoring.copied_erasures(other)
        told = restoring.declare(other, list(entries), nothing_lost=False)
        assert (told.requests, told.people) == (1, 2)
        with other.database.read() as conn:
            assert there == {"service_requests": 2, "reporters": 2, "followers": 1}
            assert rows(conn, "service_requests") == 1
            assert rows(conn, "reporters") == rows(conn, "followers") == 0
            erased = conn.execute(text("select actor from events where kind = 'erased'")).scalars().all()
        assert erased == ["cli:restored"]
        again = restoring.declare(other, list(restoring.copied_erasures(other)), nothing_lost=False)
        assert (again.requests, again.people) == (0, 0)


def test_what_is_kept_of_erasures_names_nobody(core: Core, tmp_path: Path) -> None:
    number = int(a_client(core).report(email="anna@example.org", first_name="Anna"))
    follow(core, number)
    erase(core, number)
    while restoring.copy_erasures(core):
        pass
    kept = [file.read_text() for file in tmp_path.rglob("erasures-*")]
    assert kept
    assert not any(word in text for text in kept for word in ("@", "Anna", "anna"))


def test_whoever_left_after_the_backup_does_not_come_back_with_it(
    core: Core, elsewhere: str, tmp_path: Path
) -> None:
    """Nor is anybody signed in who was then."""
    account_id = accounts.add(
        core, cli_actor(), "Rita", "rita@stadt.example", "de", [membership(Role.READER)]
    )
    link = accounts.invite(core, cli_actor(), account_id)
    token = own_account.take_up(core, link.rpartition("/")[2], "Rita", PASSWORD, SENDER)
    assert sign_in.find(core, token) is not None
    with restored(core, elsewhere, tmp_path) as other:
        accounts.end(core, cli_actor(), account_id)
        with core.database.read() as conn:
            known = erasures.since(conn, START)
        restoring.declare(other, known, nothing_lost=False)
        assert sign_in.find(other, token) is None
        with other.database.read() as conn:
            back = account_storage.find(conn, account_id)
        assert back is not None
        assert back.state is AccountState.LEFT


def test_what_goes_out_by_day_or_week_is_not_sent_for_days_gone_by(core: Core) -> None:
    """Whoever hears by day or week had it after the backup, too; from now on they hear again."""
    number = int(a_client(core).report())
    now = core.now()
    known = {"number": number, "now": now, "before": now - timedelta(days=3), "city": "ludwigshafen.de"}
    with core.database.begin() as conn:
        for statement in (
            "insert into alerts (jurisdiction_id, email, language, place, weekly, created_datetime, confirmed_datetime,"
            " sent_datetime) values (:city, 'kim@example.org', 'de', 'Stadt', false, :before, :before, :before)",
            "insert into unit_digests values (:city, 'TIEFBAU', cast(:before as date), :before)",
            "insert into staff_notices (service_request_id, jurisdiction_id, unit, kind, created_datetime)"
            " values (:number, :city, 'TIEFBAU', 'arrived', :before)",
        ):
            conn.execute(text(statement), known)
        assert alerts.due(conn, now, 10)
        restored_database.skip_the_old(conn, now)
        assert alerts.due(conn, now, 10) == []
        assert alerts.due(conn, now + timedelta(days=1), 10)
        assert not digests.begin(conn, "ludwigshafen.de", "TIEFBAU", now.date())
        assert digests.begin(conn, "ludwigshafen.de", "TIEFBAU", now.date() + timedelta(days=1))
        assert conn.execute(text("select count(*) from staff_notices")).scalar_one() == 0
    cast(Clock, core.now).forward(days=30)
    restoring.declare(core, (), nothing_lost=False)
    with core.database.read() as conn:
        told = conn.execute(text("select kind, percent >= 150 from case_steps order by kind")).all()
    assert told == [("accept", True), ("work", True)]
