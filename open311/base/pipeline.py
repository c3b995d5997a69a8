"""A pipeline: several steps run at a time, and each ends in the order of the items, knowing the result before it."""

from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from typing import TypeVar

from open311.base.prefetch import prefetched

T = TypeVar("T")
R = TypeVar("R")
S = TypeVar("S")
# A step takes an item, and a function that waits for the result of the step before.
Step = Callable[[T, Callable[[], R]], R]
# One may wait for its turn and another for the disk while the third computes.
STEPS_AT_ONCE = 3


def in_order(items: Iterable[T], step: Step[T, R], first: R, *, at_once: int = 2) -> Generator[R, None, None]:
    """The results of the steps, in the order of their items; `first` is what the first step gets as the result before.

    When a step fails, those under way behind it fail too, as soon as each asks for the result before it. Its error is
    raised here, after the results that precede it. With `at_once=1` no thread is started.
    """
    if at_once == 1:
        result = first
        for item in items:
            before = result
            result = step(item, lambda before=before: before)  # type: ignore[misc]
            yield result
        return
    last: Future[R] = Future()
    last.set_result(first)
    running: deque[Future[R]] = deque()
    with ThreadPoolExecutor(at_once, thread_name_prefix="step") as pool:
        source, error = iter(items), None
        while True:
            try:
                item = next(source)
            except StopIteration:
                break
            except Exception as reason:
                # Steps that have begun still finish, and their results come before this error.
                error = reason
                break
            last = pool.submit(step, item, last.result)
            running.append(last)
            if len(running) == at_once:
                yield running.popleft().result()
        while running:
            yield running.popleft().result()
        if error:
            raise error


def pipelined(
    items: Iterable[S], prepare: Callable[[S], T], step: Step[T, R], first: R, *, ahead: bool
) -> Generator[R, None, None]:
    """The results of the steps, in the order of the items, each of which `prepare` has made ready for its step.

    With `ahead` the next item is prefetched while others are in their steps; without, one thread does everything.
    """
    with (
        closing(prefetched(items, ahead=ahead)) as fetched,
        closing(
            in_order(map(prepare, fetched), step, first, at_once=STEPS_AT_ONCE if ahead else 1)
        ) as results,
    ):
        yield from results
