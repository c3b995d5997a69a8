"""Mails to the staff: links, and word of what changed."""

import pytest
from sqlalchemy import Connection, text

from open311.model.staff.roles import Role
from open311.model.task_names import TaskName
from tests.jobs import work
from tests.mailbox import Mailbox
from tests.serving import MakeCore
from tests.staff.desk import CITY, PASSWORD, Desk, Employee, membership

MAILS = (TaskName.SEND_STAFF_LINK, TaskName.TELL_STAFF)
NEW = {
    "action": "add",
    "name": "Cem Muster",
    "email": "cem@stadt.example",
    "language": "en",
    "jurisdiction_id": CITY,
    "role": "reader",
}


@pytest.fixture
def desk(make_core: MakeCore, post: tuple[Mailbox, str]) -> Desk:
    """A desk that sends mail."""
    sender = {"OPEN311_SMTP_URL": post[1], "OPEN311_MAIL_FROM": "Stadt <stadt@example.org>"}
    return Desk(make_core(OPEN311_BASE_URL="http://127.0.0.1:8311", **sender))


@pytest.fixture
def ada(desk: Desk) -> Employee:
    """An administrator who is signed in."""
    return desk.employee(Role.ADMIN, email="ada@stadt.example", name="Ada")


def test_an_invitation_goes_to_its_owner_alone(
    desk: Desk, ada: Employee, mailbox: Mailbox, conn: Connection
) -> None:
    work(desk.core, conn, *MAILS)
    mailbox.mails.clear()
    sent = ada.post("/staff/admin/accounts/new", 303, **NEW)
    assert sent.location.endswith("?done=invited")
    assert "welcome" not in ada.get(sent.location).text
    work(desk.core, conn, *MAILS)
    [mail] = mailbox.mails
    assert mail["To"] == "cem@stadt.example"
    assert mail["Subject"] == "Your account for the staff desk"
    path = mailbox.link("/staff/welcome/")
    visitor = desk.visitor()
    assert visitor.get(path).status_code == 200
    assert visitor.post(path, name="Cem", password=PASSWORD, again=PASSWORD).status_code == 303


def test_a_link_stands_nowhere_before_it_is_sent(
    desk: Desk, ada: Employee, mailbox: Mailbox, conn: Connection
) -> None:
    ada.post("/staff/admin/accounts/new", 303, **NEW)
    assert conn.execute(text("select count(*) from account_links")).scalar_one() == 0
    arguments = str(conn.execute(text("select args from procrastinate_jobs")).scalars().all())
    assert "welcome" not in arguments
    work(desk.core, conn, *MAILS)
    token = mailbox.link("/staff/welcome/").rpartition("/")[2]
    assert token not in str(conn.execute(text("select * from account_links")).all())


def test_owners_hear_of_a_new_password_and_a_new_app(desk: Desk, mailbox: Mailbox, conn: Connection) -> None:
    ada = desk.visitor()
    ada.email = "ada@stadt.example"
    desk.account(membership(Role.ADMIN), email=ada.email)
    desk.sign_in(ada)
    new = "fünf Finken fliegen fort"
    ada.post("/staff/me/password", 303, old_password=PASSWORD, new_password=new, again=new)
    work(desk.core, conn, *MAILS)
    texts = [str(mail.get_content()) for mail in mailbox.mails]
    assert [("Kennwort" in words, "zweiter Faktor" in words) for words in texts] == [
        (False, True),
        (True, False),
    ]
    assert {mail["To"] for mail in mailbox.mails} == {"ada@stadt.example"}
    assert all(mail["Auto-Submitted"] == "auto-generated" for mail in mailbox.mails)


def test_a_name_cannot_add_a_header(desk: Desk, ada: Employee, mailbox: Mailbox, conn: Connection) -> None:
    ada.post("/staff/admin/accounts/new", 400, **NEW | {"email": "a@b.example\r\nBcc: x@y.example"})
    ada.post("/staff/admin/accounts/new", 303, **NEW | {"name": "Cem\r\nBcc: x@y.example"})
    work(desk.core, conn, *MAILS)
    assert all(mail["Bcc"] is None for mail in mailbox.mails)


def test_nothing_is_sent_to_whoever_left_meanwhile(
    desk: Desk, ada: Employee, mailbox: Mailbox, conn: Connection
) -> None:
    work(desk.core, conn, *MAILS)
    mailbox.mails.clear()
    place = ada.post("/staff/admin/accounts/new", 303, **NEW).location.partition("?")[0]
    ada.post(f"{place}/end", 303, end="1")
    work(desk.core, conn, *MAILS)
    assert mailbox.mails == []
