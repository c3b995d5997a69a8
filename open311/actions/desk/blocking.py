"""Blocking senders: their reports wait for a check whatever the service says, their mails are put aside."""

from datetime import timedelta

from open311.base.errors import Invalid, NotFound, problem
from open311.base.text import tidy
from open311.core import Core
from open311.model.access.actor import Actor, Right
from open311.model.mailbox import mailbox
from open311.model.staff.audit import AuditKind
from open311.storage import keys
from open311.storage.database import Connection
from open311.storage.mails import blocked_senders
from open311.storage.mails.blocked_senders import phone_pattern
from open311.storage.staff_accounts import audit

LONGEST_REASON = 500
MOST_DAYS = 365
KINDS = ("email", "domain", "phone", "key")


def block(
    core: Core, jurisdiction_id: str, kind: str, sender: str, reason: str, days: int, actor: Actor
) -> int:
    """Block a mail address, a domain, a telephone number or an API key for so many days; raises `Invalid`."""
    actor.require(Right.BLOCK_SENDER, jurisdiction_id)
    pattern, words = _pattern(kind, sender.strip()), tidy(reason)
    if not pattern:
        raise Invalid(problem("error.sender.unreadable"))
    if not words or len(words) > LONGEST_REASON:
        raise Invalid(problem("error.sender.reason", most=LONGEST_REASON))
    if not 1 <= days <= MOST_DAYS:
        raise Invalid(problem("error.sender.days", most=MOST_DAYS))
    now = core.now()
    with core.database.begin() as conn:
        if kind == "key" and not keys.exists(conn, pattern):
            raise Invalid(problem("error.sender.key", name=pattern))
        sender_id = blocked_senders.add(
            conn, jurisdiction_id, kind, pattern, words, str(actor), now, now + timedelta(days=days)
        )
        _account(core, conn, actor, AuditKind.SENDER_BLOCKED, sender_id, kind)
    return sender_id


def unblock(core: Core, jurisdiction_id: str, sender_id: int, actor: Actor) -> None:
    """Block a sender no more; raises `NotFound`."""
    actor.require(Right.BLOCK_SENDER, jurisdiction_id)
    with core.database.begin() as conn:
        if blocked_senders.remove(conn, sender_id, [jurisdiction_id]) is None:
            raise NotFound(problem("error.sender.unknown"))
        _account(core, conn, actor, AuditKind.SENDER_UNBLOCKED, sender_id, None)


def _account(
    core: Core, conn: Connection, actor: Actor, kind: AuditKind, sender_id: int, by: str | None
) -> None:
    """The log says that somebody was blocked, not who: it is kept longer than the block."""
    data = {"by": by} if by else {}
    audit.append(conn, core.now(), str(actor), kind, f"sender:{sender_id}", data)


def _pattern(kind: str, sender: str) -> str:
    """What is compared; empty for what is none."""
    if kind == "phone":
        return phone_pattern(sender)
    if kind == "email":
        return (mailbox(sender) or "").lower()
    if kind == "domain":
        # By way of an address, so that a domain is spelt as those of senders are.
        return (mailbox(f"x@{sender.removeprefix('@')}") or "").lower().partition("@")[2]
    # A name that the operator gave; the secret is none of the staff's business.
    return sender if kind == "key" and sender.isprintable() else ""
