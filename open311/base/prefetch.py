"""Prefetching: a thread makes the next item while the caller uses the last one."""

from collections.abc import Generator, Iterable, Iterator
from concurrent.futures import Future
from threading import Thread
from typing import Any, TypeVar

T = TypeVar("T")
_END = object()


def prefetched(items: Iterable[T], *, ahead: bool = True) -> Generator[T, None, None]:
    """The items in order, each made by another thread while the one before it is in use.

    It pays where using an item mostly means waiting, for the database say; without `ahead` everything happens in the
    caller's thread. An error in making an item is raised when it is that item's turn. Closing the generator does not
    wait for the item under way, which may be an answer from a slow server.
    """
    if not ahead:
        yield from items
        return
    iterator = iter(items)
    upcoming = _next_of(iterator)
    while (item := upcoming.result()) is not _END:
        upcoming = _next_of(iterator)
        yield item


def _next_of(iterator: Iterator[T]) -> "Future[Any]":
    future: Future[Any] = Future()
    # Not a pool: its threads are joined at exit, and a program that is told to stop would wait for that slow server.
    Thread(target=_fetch, args=(iterator, future), name="prefetch", daemon=True).start()
    return future


def _fetch(iterator: Iterator[T], future: "Future[Any]") -> None:
    try:
        future.set_result(next(iterator, _END))
    except BaseException as error:
        future.set_exception(error)
