"""Steps that build on each other, yet are mostly work of their own: several run at a time, each ends in its turn."""

from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from typing import TypeVar

from open311.base.ahead import one_ahead

T = TypeVar("T")
R = TypeVar("R")
S = TypeVar("S")
# A step: an item, and a function that waits for the result of the step before.
Step = Callable[[T, Callable[[], R]], R]
# Of what is stored: one may wait for its turn and another for the disk while a third is worked on.
STORED_AT_ONCE = 3


def in_turn(items: Iterable[T], step: Step[T, R], first: R, *, at_once: int = 2) -> Generator[R, None, None]:
    """The results of the steps in the order of their items; `first` stands for the result before the first step.

    When a step fails, so do those under way behind it, each when it asks for its turn; its error is raised here, after
    the results before it. With one `at_once` no thread is made.
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
                # What was begun comes to its end, and is heard of, before that is.
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


def read_and_stored(
    items: Iterable[S], prepare: Callable[[S], T], step: Step[T, R], first: R, *, ahead: bool
) -> Generator[R, None, None]:
    """The results of the steps, each of an item as `prepare` makes it, in the order of the items.

    With `ahead` one item is read while others are in their steps; without, one thread does it all.
    """
    with (
        closing(one_ahead(items, ahead=ahead)) as read,
        closing(in_turn(map(prepare, read), step, first, at_once=STORED_AT_ONCE if ahead else 1)) as results,
    ):
        yield from results
