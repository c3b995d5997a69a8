"""Which report a mail belongs to: journey 9, with a real IMAP server and a real SMTP server."""

from dataclasses import replace
from email.message import EmailMessage
from typing import Any

import pytest
from sqlalchemy import Connection, text

from open311.actions import casework
from open311.core import Core
from open311.inbox import fetching
from tests.actors import CLARA
from tests.client import client_of
from tests.inbox.server import ImapServer, a_bounce, a_mail
from tests.mailbox import Mailbox, run_jobs
from tests.pictures import a_large_photo
from tests.serving import an_api

KIM = "kim@example.org"


@pytest.fixture
def sent(outbox: tuple[Mailbox, str]) -> Mailbox:
    """What the city has sent."""
    return outbox[0]


@pytest.fixture
def number(core: Core) -> int:
    """A report of Kim's."""
    return int(an_api(core).report(email=KIM, description="Sofa"))


def asked(core: Core, conn: Connection, sent: Mailbox, number: int) -> EmailMessage:
    """The question that Kim got."""
    casework.ask(core, number, "Wo genau?", CLARA)
    run_jobs(core, conn)
    return sent.mails[-1]


def answer(to: EmailMessage, words: str = "An der Ecke.", **headers: Any) -> EmailMessage:
    """What a mail program makes of an answer."""
    return a_mail(
        words,
        **{
            "sender": KIM,
            "to": to["Reply-To"],
            "In_Reply_To": to["Message-ID"],
            "References": to["Message-ID"],
        }
        | headers,
    )


def events(conn: Connection, number: int) -> list[tuple[str, dict[str, Any]]]:
    """What happened to a report."""
    rows = conn.execute(
        text("select kind, data from events where service_request_id = :n order by id"), {"n": number}
    )
    return [(row.kind, row.data) for row in rows]


def states(conn: Connection) -> list[tuple[str, int | None, int | None]]:
    """What became of the mails."""
    rows = conn.execute(text("select state, service_request_id, about_id from inbox order by id"))
    return [(row[0], row[1], row[2]) for row in rows]


def test_an_answer_answers_the_question(
    core: Core, conn: Connection, imap: ImapServer, sent: Mailbox, number: int
) -> None:
    question = asked(core, conn, sent, number)
    imap.gets(answer(question))
    fetching.fetch_all(core)
    assert states(conn) == [("linked", number, None)]
    [(_, said)] = [event for event in events(conn, number) if event[0] == "reply_received"]
    assert said["status_notes"] == "An der Ecke."
    waits = conn.execute(
        text("select awaits, paused_since from cases where service_request_id = :n"), {"n": number}
    )
    assert tuple(waits.one()) == (["reply"], None)
    assert conn.execute(text("select answered_datetime from case_questions")).scalar_one() is not None


def test_nothing_that_came_is_public_by_itself(
    core: Core, conn: Connection, imap: ImapServer, sent: Mailbox, number: int
) -> None:
    mail = answer(asked(core, conn, sent, number))
    mail.add_attachment(a_large_photo(), maintype="image", subtype="jpeg", filename="foto.jpg")
    imap.gets(mail)
    fetching.fetch_all(core)
    assert conn.execute(
        text("select visibility from media where service_request_id = :n"), {"n": number}
    ).scalars().all() == ["held"]
    assert "An der Ecke" not in client_of(core).get(f"/reports/{number}").text


def test_an_answer_is_known_by_the_address_it_goes_to(
    core: Core, conn: Connection, imap: ImapServer, sent: Mailbox, number: int
) -> None:
    """Some programs name no mail they answer."""
    question = asked(core, conn, sent, number)
    assert question["Reply-To"].startswith("maengel+")
    imap.gets(a_mail("An der Ecke.", sender=KIM, to=question["Reply-To"].upper()))
    fetching.fetch_all(core)
    assert states(conn) == [("linked", number, None)]


def test_who_says_that_it_is_still_there_wishes_to_have_it_taken_up_again(
    core: Core, conn: Connection, imap: ImapServer, sent: Mailbox, number: int
) -> None:
    question = asked(core, conn, sent, number)
    casework.set_status(core, number, "GELOEST", CLARA)
    conn.execute(text("update case_questions set answered_datetime = now()"))
    imap.gets(answer(question, "Liegt noch da."))
    fetching.fetch_all(core)
    awaits = conn.execute(text("select awaits from cases where service_request_id = :n"), {"n": number})
    assert awaits.scalar_one() == ["reopen"]


def test_a_second_answer_is_kept_too(
    core: Core, conn: Connection, imap: ImapServer, sent: Mailbox, number: int
) -> None:
    question = asked(core, conn, sent, number)
    for words in ("An der Ecke.", "Nein, gegenüber."):
        imap.gets(answer(question, words))
    fetching.fetch_all(core)
    kinds = [kind for kind, _ in events(conn, number)]
    assert kinds.count("reply_received") == 2


def test_a_number_in_the_subject_means_nothing(
    core: Core, conn: Connection, imap: ImapServer, number: int
) -> None:
    imap.gets(a_mail("Dazu noch etwas", sender=KIM, subject=f"Re: Ihre Meldung #{number}"))
    fetching.fetch_all(core)
    assert states(conn) == [("new", None, None)]


def test_who_writes_from_another_address_is_a_stranger(
    core: Core, conn: Connection, imap: ImapServer, sent: Mailbox, number: int
) -> None:
    """Whoever was sent the mail by Kim knows its ids, too."""
    question = asked(core, conn, sent, number)
    imap.gets(answer(question, sender="ute@example.org"))
    fetching.fetch_all(core)
    assert states(conn) == [("new", None, number)]
    assert "reply_received" not in [kind for kind, _ in events(conn, number)]


@pytest.mark.parametrize("headers", [{"Auto_Submitted": "auto-replied"}, {"Precedence": "auto_reply"}])
def test_an_answer_by_a_program_changes_nothing(
    core: Core, conn: Connection, imap: ImapServer, sent: Mailbox, number: int, headers: dict[str, str]
) -> None:
    question = asked(core, conn, sent, number)
    before = events(conn, number)
    imap.gets(answer(question, "Ich bin bis Montag nicht da.", **headers))
    fetching.fetch_all(core)
    assert states(conn) == [("automatic", None, None)]
    assert events(conn, number) == before
    assert conn.execute(text("select answered_datetime from case_questions")).scalar_one() is None


def test_a_bounce_is_noted_at_the_mail_that_did_not_arrive(
    core: Core, conn: Connection, imap: ImapServer, sent: Mailbox, number: int
) -> None:
    question = asked(core, conn, sent, number)
    imap.gets(a_bounce(question, action="delayed", status="4.4.1"))
    imap.gets(a_bounce(question))
    imap.gets(a_bounce(question))
    fetching.fetch_all(core)
    assert conn.execute(text("select state, problem from sent_mails")).all() == [("bounced", "5.1.1")]
    assert {state for state, *_ in states(conn)} == {"automatic"}


def test_of_a_bounce_of_somebody_elses_mail_nothing_is_noted(
    core: Core, conn: Connection, imap: ImapServer, number: int
) -> None:
    imap.gets(a_bounce(a_mail(message_id="<foreign@example.org>", to=KIM)))
    fetching.fetch_all(core)
    assert states(conn) == [("automatic", None, None)]


def test_an_answer_to_a_report_that_is_gone_waits_for_staff(
    core: Core, conn: Connection, imap: ImapServer, sent: Mailbox, number: int
) -> None:
    question = asked(core, conn, sent, number)
    casework.erase(core, number, CLARA)
    imap.gets(answer(question))
    fetching.fetch_all(core)
    assert states(conn) == [("new", None, None)]


def test_with_an_erased_report_go_the_words_of_its_mails(
    core: Core, conn: Connection, imap: ImapServer, sent: Mailbox, number: int
) -> None:
    imap.gets(answer(asked(core, conn, sent, number)))
    fetching.fetch_all(core)
    casework.erase(core, number, CLARA)
    assert conn.execute(text("select from_address || text from inbox")).scalars().all() == [""]
    imap.loses_its_numbers()
    fetching.fetch_all(core)
    assert len(states(conn)) == 1


def test_where_no_mailbox_is_read_answers_go_to_the_sender(
    core: Core, conn: Connection, number: int, sent: Mailbox
) -> None:
    deaf = replace(core, settings=replace(core.settings, imap_url=()))
    question = asked(deaf, conn, sent, number)
    assert question["Reply-To"] is None
    assert (
        conn.execute(text("select count(*) from sent_mails where token_digest is not null")).scalar_one() == 0
    )
