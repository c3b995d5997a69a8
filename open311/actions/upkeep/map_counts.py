"""Keep the counts behind the map small, and what waits to be sorted into the index of words short."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager

from open311.core import Core
from open311.storage import search
from open311.storage.maps import tiles


def fold(core: Core) -> int:
    """Add up the changes that were noted since the last time; how many there were. The map looks the same after."""
    _sort_words(core)
    with core.database.begin() as conn:
        return tiles.fold(conn)


@contextmanager
def words_sorted_beside(core: Core) -> Iterator[Callable[[], None]]:
    """For code that stores many requests: what is yielded has another thread sort in the words of those stored so far.

    Else the database has the one who stores do it every few thousand rows, who waits meanwhile.
    """
    with ThreadPoolExecutor(1, thread_name_prefix="words") as sorter:
        running: Future[None] = sorter.submit(_sort_words, core)

        def sort() -> None:
            nonlocal running
            if running.done():
                # Raises what went wrong in the other thread; nobody would hear of it otherwise.
                running.result()
                running = sorter.submit(_sort_words, core)

        yield sort


def _sort_words(core: Core) -> None:
    with core.database.begin() as conn:
        search.index_pending_words(conn)
