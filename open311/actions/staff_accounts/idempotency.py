"""Idempotency-Key: a request that a program repeats, because no response came, is not carried out again."""

import hashlib
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from open311.base.errors import Busy, Invalid, problem
from open311.core import Core
from open311.storage.staff_accounts import idempotency_keys

KEPT_FOR = timedelta(days=1)
# Longer than any act takes; a client that repeats it sooner is asked to wait.
PATIENCE = timedelta(minutes=1)


class Repeated(Exception):
    """The same request under the same key has been answered before, with `answer`."""

    def __init__(self, answer: Mapping[str, Any]) -> None:
        super().__init__()
        self.answer = answer


def claim(core: Core, account_id: int, key: str, request: bytes) -> None:
    """Take an Idempotency-Key for a request: raises `Repeated` when it was answered before, `Invalid` when the key
    stands for something else, `Busy` while the first is at work.
    """
    # The digest alone is kept: what was sent may hold names and addresses.
    sent = hashlib.sha256(request).hexdigest()
    with core.database.begin() as conn:
        kept = idempotency_keys.claim(conn, account_id, key, sent, core.now(), patience=PATIENCE)
    if kept is None:
        return
    if kept.request_digest != sent:
        raise Invalid(problem("desk.api.key.other"))
    if kept.answer is None:
        raise Busy(problem("desk.api.key.busy"), retry_after=1)
    raise Repeated(kept.answer)


def keep(core: Core, account_id: int, key: str, answer: Mapping[str, Any]) -> None:
    """Keep the answer, for a request that is sent once more."""
    with core.database.begin() as conn:
        idempotency_keys.keep(conn, account_id, key, answer)


def release(core: Core, account_id: int, key: str) -> None:
    """Give a key back: nothing was done under it."""
    with core.database.begin() as conn:
        idempotency_keys.release(conn, account_id, key)
