"""A mail server on loopback, and the worker's jobs run by hand."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

from aiosmtpd.controller import Controller
from sqlalchemy import Connection, text

from open311.core import Core
from open311.model.task_names import TaskName
from open311.notifications import mail_subscriptions
from open311.notifications.mails import messages
from tests.jobs import work
from tests.ports import free_port

# Seconds that a busy machine may take.
PATIENCE = 60.0
MAILS = (
    TaskName.ASK_FOLLOWER,
    TaskName.TELL_FOLLOWER,
    TaskName.SEND_DATA_LINK,
    TaskName.WRITE_TO_REPORTER,
    TaskName.WRITE_TO_OBJECTOR,
    TaskName.SEND_RECEIPT,
    TaskName.ASK_ALERT,
    TaskName.SEND_ALERT,
)


class Mailbox:
    """Takes every mail; `answer` is what it says instead of 250, `peers` where each came from."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.recipients: list[list[str]] = []
        self.answer = "250 OK"
        self.peers: list[Any] = []
        self.left = threading.Event()

    async def handle_QUIT(self, server: Any, session: Any, envelope: Any) -> str:
        self.left.set()
        return "221 Bye"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        if self.answer.startswith("250"):
            found = message_from_bytes(envelope.content, policy=default)
            assert isinstance(found, EmailMessage)
            self.mails.append(found)
            self.recipients.append(envelope.rcpt_tos)
            self.peers.append(session.peer)
        return self.answer

    @property
    def last(self) -> str:
        """The text of the last mail."""
        return text_of(self.mails[-1]) if self.mails else ""

    def link(self, path: str) -> str:
        """The path of the link in the last mail that begins like this."""
        found = [part for part in self.last.split() if path in part]
        return found[0].partition("//")[2].partition("/")[2].join(["/", ""])


def text_of(mail: EmailMessage) -> str:
    """What a mail says to programs that show no HTML."""
    body = mail.get_body(("plain",))
    assert body is not None
    return str(body.get_content()).replace("\r\n", "\n")


@contextmanager
def a_mail_server(port: int | None = None) -> Iterator[tuple[Mailbox, str]]:
    """A mailbox, and the address of its server, on any port if none is named."""
    mailbox, port = Mailbox(), port or free_port()
    server = Controller(mailbox, hostname="127.0.0.1", port=port, ready_timeout=PATIENCE)
    server.start()
    try:
        yield mailbox, f"smtp://127.0.0.1:{port}"
    finally:
        server.stop()


def run_jobs(core: Core, conn: Connection) -> int:
    """Do what the worker would do now about mails; returns how many jobs there were.

    The stream tells of committed events alone, and a test commits none: so events are taken by their ids.
    """
    assert mail_subscriptions.possible(core)
    told = conn.info.setdefault("told", [0])
    for event_id in conn.execute(
        text("select id from events where id > :n order by id"), {"n": told[0]}
    ).scalars():
        messages.tell_all(conn, event_id)
        told[0] = event_id
    return work(core, conn, *MAILS)
