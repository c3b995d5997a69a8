"""Who writes more than anybody reads costs little, and keeps nobody else waiting."""

from email.message import EmailMessage

import pytest
from sqlalchemy import Connection, text

from open311.actions import casework
from open311.actions.upkeep import housekeeping
from open311.core import Core
from open311.inbox import fetching, flood, reading
from open311.model.staff.roles import Role
from tests.actors import CLARA
from tests.inbox.server import ImapServer, a_mail
from tests.mailbox import Mailbox, run_jobs
from tests.pictures import a_large_photo
from tests.serving import Clock, an_api
from tests.staff.desk import Desk


def senders(conn: Connection) -> list[str]:
    return list(conn.execute(text("select from_address from inbox order by id")).scalars())


def skipped(conn: Connection) -> int:
    return int(conn.execute(text("select sum(skipped) from mailboxes")).scalar_one())


def test_of_one_sender_so_many_a_day_are_taken_and_others_come_through(
    core: Core, imap: ImapServer, conn: Connection, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(flood, "MOST_OF_SENDER", 3)
    monkeypatch.setattr(fetching, "MOST_MAILS", 5)
    for number in range(8):
        imap.gets(a_mail(sender=("BOT@example.org", "bot@example.org")[number % 2]))
    imap.gets(a_mail(sender="kim@example.org"))
    assert fetching.fetch_all(core) == 4
    assert senders(conn) == ["BOT@example.org", "bot@example.org", "BOT@example.org", "kim@example.org"]
    assert skipped(conn) == 5
    bea = Desk(core).employee(Role.CHECKER)
    assert "5 E-Mails sind im Postfach liegen geblieben" in bea.get("/staff/inbox").text
    clock.forward(days=2)
    imap.gets(a_mail(sender="bot@example.org"))
    assert fetching.fetch_all(core) == 1
    clock.forward(days=8)
    housekeeping.forget_old(core)
    assert skipped(conn) == 0


def test_when_too_many_wait_only_answers_to_our_mails_come_in(
    core: Core,
    imap: ImapServer,
    conn: Connection,
    outbox: tuple[Mailbox, str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    number = int(an_api(core).report(email="kim@example.org"))
    casework.ask(core, number, "Wo genau?", CLARA)
    run_jobs(core, conn)
    question = outbox[0].mails[-1]
    monkeypatch.setattr(flood, "MOST_WAITING", 2)
    monkeypatch.setattr(flood, "MOST_OF_SENDER", 1)
    for name in "abcd":
        imap.gets(a_mail(sender=f"{name}@example.org"))
    imap.gets(a_mail("Am Ufer", sender="kim@example.org", In_Reply_To=question["Message-ID"]))
    imap.gets(a_mail("Am Ufer!", sender="kim@example.org", to=question["Reply-To"]))
    assert fetching.fetch_all(core) == 4
    assert senders(conn) == ["a@example.org", "b@example.org", *["kim@example.org"] * 2]
    assert skipped(conn) == 2


def test_programs_that_answer_each_other_lead_nowhere(
    core: Core, imap: ImapServer, conn: Connection, outbox: tuple[Mailbox, str]
) -> None:
    """A program that answers every mail, and does not even say that it is one."""
    number = int(an_api(core).report(email="kim@example.org"))
    casework.ask(core, number, "Wo genau?", CLARA)
    before = 0
    for _ in range(3):
        run_jobs(core, conn)
        for mail in outbox[0].mails[before:]:
            imap.gets(a_mail("Ich bin nicht da", sender=str(mail["To"]), to=mail["Reply-To"]))
        before = len(outbox[0].mails)
        fetching.fetch_all(core)
    assert len(outbox[0].mails) == before == 1
    assert len(senders(conn)) == 1


def many_parts() -> bytes:
    return b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"--b\r\n\r\n\r\n" * 200_000


def a_thousand_photos() -> EmailMessage:
    mail = a_mail("Tausend Fotos")
    for number in range(1000):
        data = a_large_photo() if number == 0 else b"x" * 6000
        mail.add_attachment(data, maintype="image", subtype="jpeg", filename=f"{number}.jpg")
    return mail


@pytest.mark.parametrize(
    "raw",
    [many_parts(), b"X-A: b\r\n" * 400_000 + b"\r\nx", b"Subject: x\r\n\r\n" + b"y\r\n" * 600_000],
    ids=["parts", "headers", "lines"],
)
def test_what_only_a_parser_would_pay_for_is_cut(raw: bytes) -> None:
    found = reading.read(raw, is_whole=True, most_pictures=5)
    assert found.problem == "desk.inbox.problem.too_large"
    assert len(found.left_out) <= reading.MOST_PARTS


def test_of_a_thousand_attachments_a_few_are_taken(core: Core, imap: ImapServer, conn: Connection) -> None:
    imap.gets(a_thousand_photos())
    assert fetching.fetch_all(core) == 1
    [(words, left_out)] = conn.execute(text("select text, cardinality(left_out) from inbox")).all()
    assert words == "Tausend Fotos"
    assert left_out <= reading.MOST_PARTS
    assert conn.execute(text("select count(*) from inbox_photos")).scalar_one() == 1
