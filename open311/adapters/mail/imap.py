"""Fetching mail by IMAP: which mails are new, and each of them, no longer than it may be. Nothing there is changed."""

import imaplib
import re
import ssl
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from open311.adapters.mail.mail_tokens import NoToken, token_for, xoauth2
from open311.adapters.mail.mailers import THIS_MACHINE
from open311.base.errors import ConfigurationError, MailboxUnavailable, problem
from open311.settings import MailboxAccount, TokenSource

SECONDS = 20.0
# In English whatever the locale (RFC 9051, 9).
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
SIZE, UID = re.compile(rb"RFC822\.SIZE (\d+)"), re.compile(rb"UID (\d+)")


@dataclass(frozen=True, slots=True)
class RawMail:
    """A mail as it lies there; `data` ends early when the whole has more than the bytes that were wanted."""

    uid: int
    data: bytes
    size: int

    @property
    def is_whole(self) -> bool:
        """Whether nothing is missing."""
        return len(self.data) >= self.size


class Mailbox:
    """A folder that is open for reading. `validity`: while it stays, a uid means the same mail."""

    def __init__(self, client: imaplib.IMAP4, folder: str) -> None:
        self._client = client
        quoted = '"' + folder.replace("\\", "\\\\").replace('"', '\\"') + '"'
        # For reading alone: what we have looked at must not count as read by people.
        status, answer = client.select(quoted, readonly=True)
        if status != "OK":
            raise imaplib.IMAP4.error(f"no folder {folder}: {answer!r}")
        [validity] = client.response("UIDVALIDITY")[1]
        self.validity = int(validity or 0)

    def newer(self, uid: int, since: datetime, most: int) -> list[int]:
        """The uids behind this one of mails that came since that day, the oldest first."""
        day = f"{since.day}-{MONTHS[since.month - 1]}-{since.year}"
        _, [numbers] = self._client.uid("SEARCH", f"UID {uid + 1}:* SINCE {day}")
        uids = sorted(int(word) for word in (numbers or b"").split())
        # `n:*` always has the last mail in it, however small its uid.
        return [new for new in uids if new > uid][:most]

    def heads(self, uids: Sequence[int], most_bytes: int) -> Mapping[int, bytes]:
        """The headers that say who wrote a mail and what it answers, at most so long; in one question for all."""
        if not uids:
            return {}
        names = "FROM TO CC DELIVERED-TO IN-REPLY-TO REFERENCES"
        parts = f"(BODY.PEEK[HEADER.FIELDS ({names})]<0.{most_bytes}>)"
        _, answer = self._client.uid("FETCH", ",".join(map(str, uids)), parts)
        by_uid = {}
        for line, rest in pairwise([*answer, b""]):
            if isinstance(line, tuple):
                # Servers name the uid before the headers or behind them.
                uid = UID.search(line[0]) or UID.search(rest if isinstance(rest, bytes) else b"")
                if uid:
                    by_uid[int(uid[1])] = line[1]
        return by_uid

    def fetch(self, uid: int, most_bytes: int) -> RawMail | None:
        """One mail, or its beginning; None when it was taken away meanwhile."""
        _, answer = self._client.uid("FETCH", str(uid), f"(RFC822.SIZE BODY.PEEK[]<0.{most_bytes}>)")
        for line in answer:
            if isinstance(line, tuple):
                match = SIZE.search(line[0])
                return RawMail(uid, line[1], int(match[1]) if match else len(line[1]))
        return None


@contextmanager
def opened(account: MailboxAccount, tokens: TokenSource | None = None) -> Iterator[Mailbox]:
    """A mailbox to read from; raises `MailboxUnavailable` whatever the reason."""
    try:
        client = _connected(account)
        try:
            _sign_in(client, account, tokens)
            yield Mailbox(client, account.folder)
        finally:
            with suppress(imaplib.IMAP4.error, OSError):
                client.logout()
    except imaplib.IMAP4.error as reason:
        # What the server said comes as bytes.
        reason_given = (
            part.decode("utf-8", "replace") if isinstance(part, bytes) else str(part) for part in reason.args
        )
        raise MailboxUnavailable(problem("error.unavailable")) from OSError(" ".join(reason_given))
    except (OSError, EOFError, ValueError, NoToken) as reason:
        raise MailboxUnavailable(problem("error.unavailable")) from reason


def _sign_in(client: imaplib.IMAP4, account: MailboxAccount, tokens: TokenSource | None) -> None:
    if account.password:
        client.login(account.user, account.password)
        return
    first = xoauth2(account.user, token_for(tokens, account.user)).encode()
    # A server that refuses says why in a second challenge, which wants an empty answer.
    client.authenticate("XOAUTH2", lambda challenge: b"" if challenge else first)


def _connected(account: MailboxAccount) -> imaplib.IMAP4:
    context = ssl.create_default_context()
    if account.scheme == "imaps":
        return imaplib.IMAP4_SSL(account.host, account.port, ssl_context=context, timeout=SECONDS)
    client = imaplib.IMAP4(account.host, account.port, timeout=SECONDS)
    if "STARTTLS" in client.capabilities:
        client.starttls(context)
    elif account.scheme != "imap+plain" and account.host not in THIS_MACHINE:
        client.shutdown()
        raise ConfigurationError(
            "the IMAP server offers no STARTTLS, and a password is not sent in the clear; imaps:// uses TLS from the "
            "start, imap+plain:// says that the way to the server is safe by itself"
        )
    return client
