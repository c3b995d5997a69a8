"""Mailboxes that mail is fetched from, each an address of its own."""

from dataclasses import dataclass, field
from urllib.parse import parse_qsl, unquote, urlsplit

EXAMPLE = (
    "addresses such as imaps://user:password@mail.example.org/INBOX?reply_to=maengel%2B@example.org#jurisdiction.id, "
    "with blanks between"
)
SCHEMES = ("imap", "imaps", "imap+plain")


@dataclass(frozen=True, slots=True, kw_only=True)
class MailboxAccount:
    """A mailbox: where it is, whose reports come in by it (None where there is one city), and where answers go.

    `reply_to` with a `+` before its `@` takes a token there, so that answers are known by it. Without a password the
    mailbox is signed in to by OAuth.
    """

    scheme: str
    host: str
    port: int
    user: str
    password: str = field(repr=False)
    folder: str
    jurisdiction_id: str | None
    reply_to: str | None

    @property
    def name(self) -> str:
        """What tells it from others; no secret."""
        return f"{self.user}@{self.host}:{self.port}/{self.folder}"


def imap_mailboxes(raw: str) -> tuple[MailboxAccount, ...]:
    """The mailboxes; raises `ValueError` with what is allowed."""
    accounts = tuple(_account(part) for part in raw.split())
    owners = [account.jurisdiction_id for account in accounts]
    # What was read of a mailbox is kept under its name.
    if len({account.name for account in accounts}) < len(accounts) or (len(owners) > 1 and None in owners):
        raise ValueError(f"{EXAMPLE}; with several, each names its jurisdiction")
    return accounts


def _account(raw: str) -> MailboxAccount:
    try:
        parts = urlsplit(raw)
        port = parts.port
    except ValueError:
        raise ValueError(EXAMPLE) from None
    query = dict(parse_qsl(parts.query))
    reply_to = query.pop("reply_to", None)
    if parts.scheme not in SCHEMES or not (parts.hostname and parts.username) or query:
        raise ValueError(EXAMPLE)
    if reply_to is not None and (reply_to.count("@") != 1 or not reply_to.isprintable() or " " in reply_to):
        raise ValueError(EXAMPLE)
    return MailboxAccount(
        scheme=parts.scheme,
        host=parts.hostname,
        port=port or (993 if parts.scheme == "imaps" else 143),
        user=unquote(parts.username),
        password=unquote(parts.password or ""),
        folder=unquote(parts.path.strip("/")) or "INBOX",
        jurisdiction_id=unquote(parts.fragment) or None,
        reply_to=reply_to,
    )
