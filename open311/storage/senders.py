"""Who may send what, kept in memory: every report asks, and hardly ever does the answer change."""

import time
from collections.abc import Callable, Hashable
from typing import Any, TypeVar, cast

from open311.base.bounded import Bounded

T = TypeVar("T")
# A release that does not tell of such changes may run beside this one during an update.
KEPT_SECONDS = 10.0
MOST_KEPT = 1000


class SendersMemory:
    """What was read under a stamp of `Freshness.senders_stamp`, for as long as that stands, and for seconds at most."""

    def __init__(self) -> None:
        self._kept: Bounded[Hashable, tuple[int, float, Any]] = Bounded(MOST_KEPT)

    def get(self, question: Hashable, stamp: int | None, read: Callable[[], T]) -> T:
        """What `read` returns, now or a little earlier. The stamp is that of before; None is never kept."""
        now, kept = time.monotonic(), self._kept.get(question)
        if kept is not None and kept[0] == stamp and now < kept[1]:
            return cast(T, kept[2])
        answer = read()
        if stamp is not None and answer is not None:
            self._kept.keep(question, (stamp, now + KEPT_SECONDS, answer))
        return answer
