"""Sending mail: by SMTP, or into a folder for those who try things out."""

import smtplib
import ssl
import tempfile
import threading
import time
from email.message import EmailMessage
from email.policy import SMTP
from functools import cache, cached_property
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote, urlsplit

import structlog

from open311.adapters.mail.mail_tokens import NoToken, token_for, xoauth2
from open311.adapters.mail.smtp_connections import SmtpConnections
from open311.base.errors import ConfigurationError, MailUnavailable, Unavailable, problem
from open311.settings import Settings, TokenSource

# For each read: a server that greets slowly on purpose (tarpitting) is waited for.
SECONDS = 20.0
THIS_MACHINE = ("localhost", "127.0.0.1", "::1")

log = structlog.get_logger()


class MailRefused(Exception):
    """The server will never take this mail: trying again is of no use."""


class Mailer(Protocol):
    """What a mailer must be able to do."""

    def send(self, message: EmailMessage) -> None:
        """Send it; raises `Unavailable` when it may work later, `MailRefused` when it never will."""


@cache
def for_url(url: str | None, tokens: TokenSource | None = None) -> Mailer | None:
    """The mailer of this address; None where no mail is sent."""
    if url is None:
        return None
    parts = urlsplit(url)
    mailer = FolderMailer(Path(unquote(parts.path))) if parts.scheme == "file" else SmtpMailer(url, tokens)
    return LoggingMailer(mailer)


def for_settings(settings: Settings) -> Mailer | None:
    if settings.smtp_url and not settings.mail_from:
        raise ConfigurationError(
            "OPEN311_SMTP_URL is set; name the sender of mails in OPEN311_MAIL_FROM, too"
        )
    return for_url(settings.smtp_url, settings.mail_token)


class LoggingMailer:
    """Logs one line when mail can no longer be sent, however many wait, and one when it can again."""

    def __init__(self, mailer: Mailer) -> None:
        self._mailer = mailer
        self._since: float | None = None
        self._lock = threading.Lock()

    def send(self, message: EmailMessage) -> None:
        """Send it; what is refused for ever is about one mail, not about the server."""
        try:
            self._mailer.send(message)
        except Unavailable as error:
            with self._lock:
                first, self._since = self._since is None, self._since or time.monotonic()
            if first:
                log.error(
                    "mail_unavailable", reason=str(error.__cause__), advice="mails wait; `open311 jobs list`"
                )
            raise
        self._works()

    def _works(self) -> None:
        with self._lock:
            since, self._since = self._since, None
        if since is not None:
            log.info("mail_available", seconds=round(time.monotonic() - since))


class FolderMailer:
    """Writes each mail as a file that mail programs open."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def send(self, message: EmailMessage) -> None:
        """Write the file, whole or not at all."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(dir=self._folder, suffix=".part", delete=False) as file:
                file.write(message.as_bytes(policy=SMTP))
            Path(file.name).rename(Path(file.name).with_suffix(".eml"))
        except OSError as reason:
            raise MailUnavailable(problem("error.unavailable")) from reason


class SmtpMailer:
    """Hands mail to a server: `smtp` with STARTTLS, `smtps` with TLS from the start.

    Mails hold names and tokens, so `smtp` without TLS is for this machine alone; `smtp+plain` says that the way to the
    server is safe by itself. A user and a password, or a token in its place, are sent only through TLS.
    """

    def __init__(self, url: str, tokens: TokenSource | None = None) -> None:
        parts, self._tokens = urlsplit(url), tokens
        self._tls = parts.scheme == "smtps"
        self._plain = parts.scheme == "smtp+plain" or parts.hostname in THIS_MACHINE
        self._host = str(parts.hostname)
        self._port = parts.port or (465 if self._tls else 587 if parts.username else 25)
        self._user = unquote(parts.username or "")
        self._password = unquote(parts.password or "")
        self._connections = SmtpConnections(self._connected)

    @cached_property
    def _context(self) -> ssl.SSLContext:
        # Reading the certificates of all authorities takes 20 ms of a processor.
        return ssl.create_default_context()

    def send(self, message: EmailMessage) -> None:
        """Send it by a connection that is there, or by a new one."""
        try:
            with self._connections.one() as server:
                server.send_message(message)
        except smtplib.SMTPRecipientsRefused as refused:
            codes = [code for code, _ in refused.recipients.values()]
            # There is one recipient a mail; without a code the server has said nothing for good.
            code = max(codes, default=451)
            raise _meaning(code) from _code_alone(refused, code)
        except smtplib.SMTPResponseException as refused:
            raise _meaning(refused.smtp_code) from _code_alone(refused, refused.smtp_code)
        except smtplib.SMTPNotSupportedError as reason:
            raise MailRefused(str(reason)) from reason
        except (smtplib.SMTPException, OSError, EOFError, NoToken) as reason:
            raise MailUnavailable(problem("error.unavailable")) from reason

    def _connected(self) -> smtplib.SMTP:
        if self._tls:
            server: smtplib.SMTP = smtplib.SMTP_SSL(
                self._host, self._port, timeout=SECONDS, context=self._context
            )
        else:
            server = smtplib.SMTP(self._host, self._port, timeout=SECONDS)
            server.ehlo()
            if server.has_extn("starttls"):
                server.starttls(context=self._context)
                server.ehlo()
            # A man in the middle may have stripped STARTTLS, so without it a password is never sent.
            elif self._user or not self._plain:
                server.close()
                raise ConfigurationError(
                    "the mail server offers no STARTTLS, and mails are not sent in the clear; smtp+plain:// instead of "
                    "smtp:// allows it, though never for a password"
                )
        if self._password:
            server.login(self._user, self._password)
        elif self._user:
            first = xoauth2(self._user, token_for(self._tokens, self._user))
            # `auth`, unlike `login`, does not greet by itself.
            server.ehlo_or_helo_if_needed()
            server.auth("XOAUTH2", lambda challenge=None: "" if challenge else first)
        return server


def _meaning(code: int) -> Exception:
    """A code of 500 and more is for ever; but 535, a wrong password, will be mended by somebody."""
    lasting = code >= 500 and code not in (530, 534, 535, 538)
    return MailRefused(f"SMTP {code}") if lasting else MailUnavailable(problem("error.unavailable"))


def _code_alone(refused: smtplib.SMTPException, code: int) -> Exception:
    """What of a refusal may stand in the log: the rest names the receiver."""
    return OSError(f"{type(refused).__name__}, SMTP {code}")
