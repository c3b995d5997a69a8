"""Work in two steps side by side: the next item is made while the last one is used."""

from collections.abc import Generator, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")


def one_ahead(items: Iterable[T]) -> Generator[T, None, None]:
    """The items in their order, each made by another thread while the one before is used.

    Worth it where using one mostly waits, for the database say. What goes wrong in making an item is raised in its
    turn. Close it to be sure that no item is being made any more.
    """
    end = object()
    made = iter(items)
    with ThreadPoolExecutor(1, thread_name_prefix="ahead") as maker:
        coming = maker.submit(next, made, end)
        while (item := coming.result()) is not end:
            coming = maker.submit(next, made, end)
            yield item  # type: ignore[misc]
