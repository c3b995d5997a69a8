"""A real IMAP server on loopback, and mails as programs write them."""

import imaplib
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email.message import EmailMessage
from itertools import count
from typing import Any

from tests.ports import free_port

USER, PASSWORD = "stadt", "geheim"
# A client that has given up once can be used no more.
SECONDS = 300
_numbers = count(1)


@dataclass
class ImapServer:
    """A server with one mailbox, in which every test has a folder of its own."""

    port: int
    folder: str = "INBOX"
    client: imaplib.IMAP4 = field(init=False)

    def __post_init__(self) -> None:
        self._connect()

    def _connect(self) -> None:
        self.client = imaplib.IMAP4("127.0.0.1", self.port, timeout=SECONDS)
        self.client.login(USER, PASSWORD)

    def _reconnect(self) -> None:
        """Be connected: one connection for a whole run of tests was met closed at the other end, on Python 3.13."""
        try:
            self.client.noop()
        except (imaplib.IMAP4.abort, OSError):
            self.client.shutdown()
            self._connect()

    @property
    def url(self) -> str:
        """The setting for its mailbox."""
        return (
            f"imap://{USER}:{PASSWORD}@127.0.0.1:{self.port}/{self.folder}?reply_to=maengel%2B@stadt.example"
        )

    def begins_anew(self) -> None:
        """Have a folder with nothing in it, under numbers that mean nothing elsewhere."""
        self._reconnect()
        self.folder = f"Test{next(_numbers)}"
        assert self.client.create(self.folder)[0] == "OK"

    def gets(self, message: EmailMessage | bytes) -> None:
        """Deliver a mail."""
        self._reconnect()
        data = message if isinstance(message, bytes) else message.as_bytes()
        status, answer = self.client.append(self.folder, "", "", data)
        assert status == "OK", answer

    def loses_its_numbers(self) -> None:
        """Make the folder anew with the same mails: their uids mean something else now."""
        old = self.folder
        self.client.select(old)
        _, [found] = self.client.uid("SEARCH", "ALL")
        mails = [self.client.uid("FETCH", uid.decode(), "(BODY.PEEK[])")[1][0] for uid in found.split()]
        self.client.close()
        self.client.delete(old)
        self.client.create(old)
        for mail in mails:
            assert isinstance(mail, tuple)
            self.gets(mail[1])


@contextmanager
def an_imap_server() -> Iterator[ImapServer]:
    """A server that runs for as long as the block lasts."""
    port = free_port()
    program = [sys.executable, "-m", "tests.inbox.pymap_with_tokens"]
    place = ["--host", "127.0.0.1", "--port", str(port), "--no-tls", "--no-service", "admin"]
    backend = ["dict", "--demo-user", USER, "--demo-password", PASSWORD]
    process = subprocess.Popen(
        [*program, *place, *backend], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        until = time.monotonic() + SECONDS
        while True:
            try:
                server = ImapServer(port)
                break
            except OSError:
                assert process.poll() is None, "the IMAP server did not start"
                assert time.monotonic() < until
                time.sleep(0.05)
        yield server
        with suppress(imaplib.IMAP4.error, OSError):
            server.client.logout()
    finally:
        process.terminate()
        process.wait()


def a_mail(
    text: str = "An der Ecke liegen Matratzen.",
    *,
    sender: str = "Kim Muster <kim@example.org>",
    subject: str = "Müll",
    to: str = "maengel@stadt.example",
    message_id: str = "",
    **headers: Any,
) -> EmailMessage:
    """A mail as somebody writes it."""
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, to, subject
    message["Date"] = "Mon, 02 Mar 2026 09:00:00 +0100"
    message["Message-ID"] = message_id or f"<{next(_numbers)}@mail.example.org>"
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    message.set_content(text)
    return message


def a_bounce(of: EmailMessage, *, action: str = "failed", status: str = "5.1.1") -> bytes:
    """What a mail server says about a mail that it could not deliver (RFC 3464)."""
    return f"""From: MAILER-DAEMON@mx.example.org
To: stadt@example.org
Subject: Undelivered Mail Returned to Sender
Return-Path: <>
Message-ID: <bounce{next(_numbers)}@mx.example.org>
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

I'm sorry to have to inform you
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.org

Final-Recipient: rfc822; {of["To"]}
Action: {action}
Status: {status}

--b
Content-Type: message/rfc822

Message-ID: {of["Message-ID"]}
Subject: x
To: {of["To"]}

Text
--b--
""".replace("\n", "\r\n").encode()
