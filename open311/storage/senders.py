"""A cache of API keys and blocked senders: every report asks for them, and they hardly ever change."""

import time
from collections.abc import Callable, Hashable
from typing import Any, TypeVar, cast

from open311.base.bounded import Bounded

T = TypeVar("T")
# During an update, servers of a release that does not announce such changes may run beside this one.
KEPT_SECONDS = 10.0
MOST_KEPT = 1000


class SendersMemory:
    """Valid while `Freshness.senders_stamp` stands, and for some seconds at most."""

    def __init__(self) -> None:
        self._kept: Bounded[Hashable, tuple[int, float, Any]] = Bounded(MOST_KEPT)

    def get(self, question: Hashable, stamp: int | None, read: Callable[[], T]) -> T:
        """What `read` returns, or returned under the same stamp, taken before reading; None is not cached."""
        now, kept = time.monotonic(), self._kept.get(question)
        if kept is not None and kept[0] == stamp and now < kept[1]:
            return cast(T, kept[2])
        answer = read()
        if stamp is not None and answer is not None:
            self._kept.keep(question, (stamp, now + KEPT_SECONDS, answer))
        return answer
