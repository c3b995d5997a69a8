"""The reporter hears what becomes of it, whoever else may see it."""

from datetime import timedelta
from io import BytesIO

import pytest
from sqlalchemy import Connection, text

from open311.actions import casework
from open311.actions.photos import media
from open311.actions.reporting import updates
from open311.base.errors import Invalid, NotFound
from open311.core import Core
from open311.model.access.actor import ALL_RIGHTS, Actor, ActorKind
from open311.model.casework.cases import Case, Stage
from open311.model.casework.decisions import Decision, Outcome
from open311.model.service_request import Visibility
from open311.notifications import mail_subscriptions
from open311.notifications.mails import messages
from open311.notifications.model.mail_limits import MailAsker
from open311.storage.desk.case import case_page
from open311.storage.mails import sent_mails
from tests.actors import CLARA
from tests.mailbox import Mailbox, run_jobs, text_of
from tests.pictures import a_photo
from tests.serving import Api, Clock, MakeCore, an_api

BEA = Actor(ActorKind.STAFF, "17", ALL_RIGHTS)
HELD = {"service_code": "STRASSENSCHADEN", "attribute[WO]": "fahrbahn", "email": "Kim@example.org"}


@pytest.fixture
def core(make_core: MakeCore, mailing: dict[str, str]) -> Core:
    """A Core that sends mail."""
    return make_core(**mailing)


@pytest.fixture
def api(core: Core) -> Api:
    return an_api(core)


def follow(core: Core, conn: Connection, number: int, email: str, mailbox: Mailbox) -> None:
    """Somebody follows a report and has confirmed it."""
    catalogue = core.catalogues.in_force[0]
    mail_subscriptions.follow(
        core, catalogue, number, email, "de", MailAsker("192.0.2.1", email, proven=True)
    )
    conn.execute(text("update followers set confirmed_datetime = now()"))
    run_jobs(core, conn)
    mailbox.mails.clear()
    mailbox.recipients.clear()


def case_of(core: Core, number: int) -> Case:
    return casework.show(core, number, CLARA).case


@pytest.fixture
def number(core: Core, conn: Connection, api: Api, mailbox: Mailbox) -> int:
    """A held report whose reporter follows it, and a stranger does, too."""
    made = int(api.report(**HELD))
    follow(core, conn, made, "Kim@example.org", mailbox)
    follow(core, conn, made, "stranger@example.org", mailbox)
    return made


def recipients(mailbox: Mailbox) -> list[str]:
    told = [recipient.lower() for mail in mailbox.recipients for recipient in mail]
    mailbox.recipients.clear()
    return sorted(told)


def test_withheld_is_told_in_words_and_so_is_what_becomes_of_it(
    core: Core, conn: Connection, number: int, mailbox: Mailbox
) -> None:
    """F2, journey 2: the city shows about 100 of 650 to nobody, and yet sees to them."""
    casework.withhold(core, number, BEA, "PRIVATGRUND")
    run_jobs(core, conn)
    words = {mail["To"].lower(): text_of(mail) for mail in mailbox.mails}
    assert recipients(mailbox) == ["kim@example.org", "stranger@example.org"]
    assert "auf privatem Grund" in words["kim@example.org"]
    assert "privatem Grund" not in words["stranger@example.org"]
    casework.set_status(core, number, "GELOEST", BEA, "Der Eigentümer hat geräumt.")
    run_jobs(core, conn)
    assert recipients(mailbox) == ["kim@example.org"]
    assert "Der Eigentümer hat geräumt." in mailbox.last
    assert mailbox.mails[-1]["Subject"].startswith("gelöst")


def test_what_was_hidden_and_then_mended_is_told_to_its_reporter(
    core: Core, conn: Connection, number: int, mailbox: Mailbox
) -> None:
    """faults.md D: they heard that it was hidden, and never again."""
    casework.hide(core, number, CLARA, "Privatgrund; trotzdem weitergegeben")
    run_jobs(core, conn)
    assert recipients(mailbox) == ["kim@example.org", "stranger@example.org"]
    casework.set_status(core, number, "GELOEST", CLARA)
    run_jobs(core, conn)
    assert recipients(mailbox) == ["kim@example.org"]


def test_a_duplicate_names_the_number_that_goes_on(
    core: Core, conn: Connection, api: Api, number: int, mailbox: Mailbox
) -> None:
    """F6, F4: and its reporter hears of that one from then on, through a chain, each mail once."""
    second, third = int(api.report()), int(api.report())
    casework.merge(core, number, second, BEA)
    run_jobs(core, conn)
    assert recipients(mailbox) == ["kim@example.org"]
    assert str(second) in mailbox.last
    casework.merge(core, second, third, BEA)
    casework.set_status(core, third, "GELOEST", BEA, "Erledigt.")
    run_jobs(core, conn)
    told = recipients(mailbox)
    assert told.count("kim@example.org") == 1
    assert told.count("stranger@example.org") == 1


def test_a_duplicate_does_not_name_what_was_hidden_meanwhile(
    core: Core, conn: Connection, api: Api, number: int, mailbox: Mailbox
) -> None:
    second = int(api.report())
    casework.merge(core, number, second, BEA)
    casework.hide(core, second, BEA)
    run_jobs(core, conn)
    [merged] = [words for mail in mailbox.mails if str(number) in (words := text_of(mail))]
    assert str(second) not in merged
    assert "es gibt etwas Neues" in merged


def test_spam_is_answered_with_silence(core: Core, conn: Connection, number: int, mailbox: Mailbox) -> None:
    casework.decide(core, number, Decision(outcome=Outcome.SPAM), BEA)
    run_jobs(core, conn)
    assert recipients(mailbox) == []


def test_what_was_taken_back_is_told_to_nobody(
    core: Core, conn: Connection, number: int, mailbox: Mailbox
) -> None:
    casework.withhold(core, number, BEA, "PRIVATGRUND")
    casework.take_back(core, number, BEA)
    run_jobs(core, conn)
    assert recipients(mailbox) == []
    assert casework.show(core, number, CLARA).request.visibility == Visibility.HELD


def test_mails_about_acts_of_staff_wait_a_minute(
    core: Core, conn: Connection, number: int, clock: Clock
) -> None:
    casework.withhold(core, number, BEA, "PRIVATGRUND")
    [event] = [note for note in casework.show(core, number, CLARA).history if note.kind == "withheld"]
    messages.tell_all(conn, event.id, timedelta(seconds=core.settings.mail_delay_seconds))
    due = conn.execute(
        text("select min(scheduled_at) from procrastinate_jobs where task_name = 'tell_follower'")
    ).scalar_one()
    assert due == clock.now + timedelta(seconds=60)


def test_a_question_stops_the_clock_and_its_answer_starts_it(
    core: Core, conn: Connection, number: int, mailbox: Mailbox, clock: Clock
) -> None:
    casework.publish(core, number, BEA)
    run_jobs(core, conn)
    mailbox.recipients.clear()
    due = case_of(core, number).due_datetime
    assert due is not None
    casework.ask(core, number, "An welcher Hausnummer?", BEA)
    assert case_of(core, number).stage is Stage.WAITING
    run_jobs(core, conn)
    assert recipients(mailbox) == ["kim@example.org"]
    assert "An welcher Hausnummer?" in mailbox.last
    token = mailbox.link("/answer/").removeprefix("/answer/").partition("?")[0]
    question = casework.find_question(core, token)
    assert (question.text, question.request.service_request_id) == ("An welcher Hausnummer?", number)
    assert token not in str(conn.execute(text("select * from case_questions")).all())
    with pytest.raises(Invalid):
        casework.reply(core, token, "  ")
    clock.forward(days=2)
    casework.reply(core, token, "Nummer 12", [BytesIO(a_photo())])
    case = case_of(core, number)
    assert (case.stage, case.awaits, case.paused_since) == (Stage.ACCEPT, {"reply"}, None)
    assert case.due_datetime == due + timedelta(days=2)
    for link in (token, "x", "\udcff"):
        with pytest.raises(NotFound):
            casework.reply(core, link, "noch einmal")
        with pytest.raises(NotFound):
            casework.find_question(core, link)
    reply = casework.show(core, number, CLARA).history[-1]
    assert (reply.kind, reply.public, reply.data["status_notes"]) == ("reply_received", False, "Nummer 12")
    [photo] = media.of_request(core, number)
    assert (photo.update_id, photo.visibility) == (reply.id, "held")
    updates.publish(core, reply.id, BEA)
    assert case_of(core, number).awaits == set()
    assert media.of_request(core, number)[0].visibility == "public"


def test_a_question_that_nobody_answers_ends(
    core: Core, conn: Connection, number: int, mailbox: Mailbox, clock: Clock
) -> None:
    casework.publish(core, number, BEA)
    run_jobs(core, conn)
    casework.ask(core, number, "Wo genau?", BEA)
    run_jobs(core, conn)
    token = mailbox.link("/answer/").removeprefix("/answer/").partition("?")[0]
    # As an earlier release took it: behind this there is no day to move a deadline to.
    conn.execute(text("update cases set due_datetime = '9999-12-31T22:00Z'"))
    clock.forward(days=30)
    with pytest.raises(NotFound):
        casework.find_question(core, token)
    casework.resume_due(core)
    assert case_of(core, number).stage is Stage.ACCEPT
    assert casework.show(core, number, CLARA).history[-1].kind == "unanswered"


def test_a_held_report_leaves_the_queue_while_its_reporter_is_asked(core: Core, number: int) -> None:
    casework.ask(core, number, "Wo genau?", BEA)
    assert case_of(core, number).stage is Stage.WAITING
    casework.publish(core, number, BEA)


def test_a_letter_goes_to_the_reporter_alone(
    core: Core, conn: Connection, number: int, mailbox: Mailbox, api: Api
) -> None:
    casework.answer(core, number, "Danke, wir kommen morgen.", BEA)
    run_jobs(core, conn)
    assert recipients(mailbox) == ["kim@example.org"]
    assert "Danke, wir kommen morgen." in mailbox.last
    assert case_of(core, number).first_answer_datetime is not None
    assert "morgen" not in api.raw(f"/requests/{number}.json", extensions="true").text
    anonymous = int(api.report())
    with pytest.raises(Invalid):
        casework.answer(core, anonymous, "Danke", BEA)
    for words in ("", "x" * 4001):
        with pytest.raises(Invalid):
            casework.answer(core, number, words, BEA)


def lines(conn: Connection, number: int) -> list[tuple[bool, str, str | None, int]]:
    """What the desk sees of the mails about a report."""
    whole = case_page.find(conn, number)
    assert whole is not None
    return [(line.to_reporter, line.state.value, line.problem, line.count) for line in whole.mails]


def test_the_desk_sees_what_became_of_each_mail(
    core: Core, conn: Connection, number: int, mailbox: Mailbox
) -> None:
    casework.publish(core, number, BEA)
    run_jobs(core, conn)
    follow(core, conn, number, "anna@example.org", mailbox)
    before = lines(conn, number)
    casework.set_status(core, number, "GELOEST", BEA, "Erledigt.")
    [event] = [note for note in casework.show(core, number, CLARA).history if note.kind == "status_changed"]
    messages.tell_all(conn, event.id)
    assert lines(conn, number)[len(before) :] == [(True, "queued", None, 1), (False, "queued", None, 2)]
    run_jobs(core, conn)
    assert lines(conn, number)[len(before) :] == [(True, "sent", None, 1), (False, "sent", None, 2)]


def test_a_mail_that_the_server_refuses_is_told(
    core: Core, conn: Connection, number: int, mailbox: Mailbox
) -> None:
    casework.answer(core, number, "Danke", BEA)
    assert lines(conn, number) == [(True, "queued", None, 1)]
    mailbox.answer = "550 no such user"
    run_jobs(core, conn)
    assert lines(conn, number) == [(True, "refused", "SMTP 550", 1)]


def test_a_letter_that_was_taken_back_waits_no_more(core: Core, conn: Connection, number: int) -> None:
    casework.answer(core, number, "Danke", BEA)
    casework.take_back(core, number, BEA)
    assert lines(conn, number) == []


def test_a_mail_that_came_back_is_found_by_its_id(
    core: Core, conn: Connection, number: int, mailbox: Mailbox
) -> None:
    casework.answer(core, number, "Danke", BEA)
    run_jobs(core, conn)
    message_id = str(mailbox.mails[-1]["Message-ID"])
    assert sent_mails.find(conn, ["<nobody@example.org>", message_id]).service_request_id == number
    assert sent_mails.record_bounce(conn, message_id, "5.1.1") == number
    assert sent_mails.record_bounce(conn, "<nobody@example.org>", "5.1.1") is None
    assert lines(conn, number) == [(True, "bounced", "5.1.1", 1)]
