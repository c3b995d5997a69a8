"""Sending mail: servers that refuse, stall, vanish."""

import logging
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from open311.adapters.mail import mailers, smtp_connections
from open311.base.errors import ConfigurationError, Unavailable
from open311.base.job_log import JobLog
from open311.settings import load
from tests.mailbox import a_mail_server
from tests.ports import free_port


def a_mail(to: str = "kim@example.org") -> EmailMessage:
    """A mail with umlauts."""
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "stadt@example.org", to, "Grüße"
    message.set_content("Schöne Grüße\n" * 3)
    return message


@contextmanager
def a_server(*says: bytes) -> Iterator[str]:
    """A server that says this, a line whenever it is spoken to, and then nothing."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with listener.accept()[0] as conn:
            for line in says:
                conn.sendall(line)
                conn.recv(4096)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield f"smtp://127.0.0.1:{listener.getsockname()[1]}"
    listener.close()


def test_a_mail_arrives_whole() -> None:
    with a_mail_server() as (mailbox, url):
        mailers.SmtpMailer(url).send(a_mail())
    assert mailbox.mails[0]["Subject"] == "Grüße"
    assert mailbox.last == "Schöne Grüße\n" * 3


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ("451 later", Unavailable),
        ("550 no such user", mailers.MailRefused),
        ("554 spam", mailers.MailRefused),
        ("421 closing", Unavailable),
    ],
)
def test_what_the_server_says_decides_whether_to_try_again(answer: str, error: type[Exception]) -> None:
    with a_mail_server() as (mailbox, url):
        mailbox.answer = answer
        with pytest.raises(error):
            mailers.SmtpMailer(url).send(a_mail())


@pytest.mark.parametrize("step", ["RCPT", "DATA"])
def test_the_log_says_why_a_mail_waits_and_not_for_whom(step: str) -> None:
    async def greylisting(*_: Any) -> str:
        return f"450 4.2.0 <{a_mail()['To']}>: try later"

    with a_mail_server() as (mailbox, url), capture_logs() as lines:
        setattr(mailbox, f"handle_{step}", greylisting)
        with pytest.raises(Unavailable) as waiting:
            mailers.LoggingMailer(mailers.SmtpMailer(url)).send(a_mail())
        record = {"action": "job_error", "exc_info": (Unavailable, waiting.value, None)}
        JobLog().emit(logging.makeLogRecord(record))
    assert [line["event"] for line in lines] == ["mail_unavailable", "job_failed"]
    assert all("SMTP 450" in line["reason"] and "@" not in line["reason"] for line in lines)


def test_mails_that_follow_each_other_share_a_connection() -> None:
    with a_mail_server() as (mailbox, url):
        mailer = mailers.SmtpMailer(url)
        for _ in range(3):
            mailer.send(a_mail())
    assert len(mailbox.mails) == 3
    assert len(set(mailbox.peers)) == 1


def test_a_connection_takes_so_many_mails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smtp_connections, "MAILS_A_CONNECTION", 2)
    with a_mail_server() as (mailbox, url):
        mailer = mailers.SmtpMailer(url)
        for _ in range(4):
            mailer.send(a_mail())
    assert len(set(mailbox.peers)) == 2


def test_a_mail_that_was_refused_spoils_none_after_it() -> None:
    with a_mail_server() as (mailbox, url):
        mailer = mailers.SmtpMailer(url)
        mailer.send(a_mail())
        mailbox.answer = "554 spam"
        with pytest.raises(mailers.MailRefused):
            mailer.send(a_mail())
        mailbox.answer = "250 OK"
        mailer.send(a_mail())
    assert len(mailbox.mails) == 2


def test_a_connection_that_the_server_has_ended_is_made_again() -> None:
    with a_mail_server() as (_, url):
        mailer = mailers.SmtpMailer(url)
        mailer.send(a_mail())
    with a_mail_server(int(url.rpartition(":")[2])) as (mailbox, _):
        mailer.send(a_mail())
    assert len(mailbox.mails) == 1


def test_a_connection_without_mails_is_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smtp_connections, "IDLE_SECONDS", 0.05)
    with a_mail_server() as (mailbox, url):
        mailers.SmtpMailer(url).send(a_mail())
        assert mailbox.left.wait(60)


def test_a_server_that_is_not_there_is_tried_again() -> None:
    with pytest.raises(Unavailable):
        mailers.SmtpMailer(f"smtp://127.0.0.1:{free_port()}").send(a_mail())


def test_a_server_that_says_nothing_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mailers, "SECONDS", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as silent, pytest.raises(Unavailable):
        mailers.SmtpMailer(f"smtp://127.0.0.1:{silent.getsockname()[1]}").send(a_mail())


@pytest.mark.parametrize("says", [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\xff\xfe\r\n", b"220 hi\r\n"])
def test_a_server_that_is_no_mail_server_is_tried_again(says: bytes) -> None:
    with a_server(says) as url, pytest.raises(Unavailable):
        mailers.SmtpMailer(url).send(a_mail())


def test_a_password_is_not_sent_in_the_clear() -> None:
    with a_mail_server() as (_, url), pytest.raises(ConfigurationError):
        mailers.SmtpMailer(url.replace("//", "//user:secret@")).send(a_mail())


def test_a_mail_is_not_sent_in_the_clear_to_another_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Names and tokens would go through every network in between; `smtp+plain` says that there is none."""
    monkeypatch.setattr(mailers, "THIS_MACHINE", ())
    with a_mail_server() as (mailbox, url):
        with pytest.raises(ConfigurationError, match="STARTTLS"):
            mailers.SmtpMailer(url).send(a_mail())
        mailers.SmtpMailer(url.replace("smtp://", "smtp+plain://")).send(a_mail())
    assert len(mailbox.mails) == 1


def test_a_folder_takes_mails_as_files(tmp_path: Path) -> None:
    mailer = mailers.for_url(f"file://{tmp_path}/mail")
    assert mailer
    mailer.send(a_mail())
    [file] = (tmp_path / "mail").iterdir()
    assert file.suffix == ".eml"
    assert BytesParser(policy=default).parsebytes(file.read_bytes())["Subject"] == "Grüße"


def test_a_server_without_a_sender_stops_the_first_mail() -> None:
    with pytest.raises(ConfigurationError, match="OPEN311_MAIL_FROM"):
        mailers.for_settings(load({"OPEN311_SMTP_URL": "smtp://localhost"}))
