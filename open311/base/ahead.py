"""Work in two steps side by side: the next item is made while the last one is used."""

from collections.abc import Generator, Iterable, Iterator
from concurrent.futures import Future
from threading import Thread
from typing import Any, TypeVar

T = TypeVar("T")
_END = object()


def one_ahead(items: Iterable[T], *, ahead: bool = True) -> Generator[T, None, None]:
    """The items in their order, each made by another thread while the one before is used.

    Worth it where using one mostly waits, for the database say; without `ahead` one thread does all. What goes wrong in
    making an item is raised in its turn. Once it is closed, the item that is being made is the last one: nobody waits
    for it, since it may be an answer from far away.
    """
    if not ahead:
        yield from items
        return
    made = iter(items)
    coming = _begun(made)
    while (item := coming.result()) is not _END:
        coming = _begun(made)
        yield item


def _begun(made: Iterator[T]) -> "Future[Any]":
    future: Future[Any] = Future()
    Thread(target=_make, args=(made, future), name="ahead", daemon=True).start()
    return future


def _make(made: Iterator[T], future: "Future[Any]") -> None:
    try:
        future.set_result(next(made, _END))
    except BaseException as error:
        future.set_exception(error)
