"""The audit log: which acts it records, and the digests that chain its lines."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

# What the first line carries in the place of a digest.
BEGINNING = "0" * 64
# That somebody signed in is needed for days, to follow up an attack; kept longer it would tell of working hours.
SIGN_INS_KEPT_FOR = timedelta(days=30)


class AuditKind(StrEnum):
    SIGNED_IN = "signed_in"
    SIGN_IN_REFUSED = "sign_in_refused"
    RECOVERY_CODE_USED = "recovery_code_used"
    INVITED = "invited"
    WELCOMED = "welcomed"
    PASSWORD_CHANGED = "password_changed"
    RESET = "reset"
    FACTOR_SET = "factor_set"
    FACTOR_REMOVED = "factor_removed"
    PASSKEY_ADDED = "passkey_added"
    PASSKEY_REMOVED = "passkey_removed"
    TOKEN_ADDED = "token_added"
    TOKEN_REMOVED = "token_removed"
    CODES_RENEWED = "codes_renewed"
    SESSIONS_ENDED = "sessions_ended"
    ACCOUNT_CHANGED = "account_changed"
    ACCOUNT_ENDED = "account_ended"
    ACCOUNT_RETURNED = "account_returned"
    UNLOCKED = "unlocked"
    ROLE_GIVEN = "role_given"
    ROLE_TAKEN = "role_taken"
    LOG_READ = "log_read"
    LOG_EXPORTED = "log_exported"
    # What the pages of the desk write: personal data that were looked at, searched for or taken along.
    REVEALED = "revealed"
    ORIGINAL_SEEN = "original_seen"
    REPLACED_READ = "replaced_read"
    PEOPLE_SEARCHED = "people_searched"
    EXPORTED = "exported"
    ERASED = "erased"
    SENDER_BLOCKED = "sender_blocked"
    SENDER_UNBLOCKED = "sender_unblocked"
    # What the operator lets in and out.
    KEY_ADDED = "key_added"
    KEY_REVOKED = "key_revoked"
    WEBHOOK_ADDED = "webhook_added"
    WEBHOOK_CHANGED = "webhook_changed"
    WEBHOOK_REMOVED = "webhook_removed"
    SOURCE_ADDED = "source_added"
    SOURCE_REMOVED = "source_removed"


SIGN_INS = frozenset({AuditKind.SIGNED_IN, AuditKind.SIGN_IN_REFUSED})


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditLine:
    """One line. `subject` is what it is about (`account:7`, `request:102000`); `actor` whoever did it."""

    id: int = 0
    datetime: datetime
    actor: str | None
    kind: str
    subject: str | None = None
    data: Mapping[str, Any] = field(default_factory=dict)
    ip_prefix: str | None = None
    previous: str = BEGINNING
    digest: str = ""
    forgotten: bool = False

    def reckoned_digest(self) -> str:
        # The driver gives it back in the zone of its session.
        moment = self.datetime.astimezone(UTC).isoformat(timespec="seconds")
        contents = [self.previous, moment, self.actor, self.kind, self.subject, self.data, self.ip_prefix]
        # In one spelling: PostgreSQL keeps `jsonb` in an order of its own.
        written = json.dumps(contents, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(written.encode()).hexdigest()


def first_broken(lines: Iterable[AuditLine]) -> AuditLine | None:
    """The first line that was changed, or before which one is missing; None when the chain holds.

    What a forgotten line said cannot be recalculated; its digest still joins its neighbours.
    """
    before: AuditLine | None = None
    for line in lines:
        if before is not None and line.previous != before.digest:
            return line
        if not line.forgotten and line.digest != line.reckoned_digest():
            return line
        before = line
    return None
