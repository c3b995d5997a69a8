"""Answers that last as long as their reader likes: few at once, and ended for whoever hardly reads."""

import time
from collections.abc import Iterator
from weakref import finalize

import structlog
from flask import Response

from open311.base.errors import TooManyRequests, problem
from open311.http.limits.shares import Shares

log = structlog.get_logger()

# A reader slower than this, in bytes a second, after so many seconds, is cut: it keeps others from theirs.
SLOWEST = 20_000
PATIENCE_SECONDS = 60.0
RETRY_AFTER = 60


def take_share(response: Response, room: Shares, who: str) -> None:
    """Have a place until the answer is read; raises `TooManyRequests` when all are taken, or all of `who`."""
    if not room.enter(who):
        raise no_room()
    # Nor may any layer on the way out collect the pieces, to count them or for anything else.
    response.implicit_sequence_conversion = False
    # Given back when the server is done with the answer, and also when one is dropped without being closed.
    response.call_on_close(finalize(response, room.leave, who))


def no_room() -> TooManyRequests:
    return TooManyRequests(problem("error.export.too_many", seconds=RETRY_AFTER), retry_after=RETRY_AFTER)


def to_the_end(body: Iterator[bytes], broken: bytes = b"") -> Iterator[bytes]:
    """The pieces. When reading them fails, the last one is `broken`: HTTP would show no difference in a stream."""
    began, written = time.monotonic(), 0
    try:
        for piece in body:
            yield piece
            written += len(piece)
            seconds = time.monotonic() - began
            if seconds > PATIENCE_SECONDS and written < seconds * SLOWEST:
                log.info("export_read_too_slowly", bytes=written, seconds=round(seconds))
                yield broken
                return
    except Exception:
        log.exception("export_broken")
        yield broken
