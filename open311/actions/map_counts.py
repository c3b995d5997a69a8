"""Keep the counts behind the map small, and what waits to be sorted into the index of words short."""

from open311.core import Core
from open311.storage import search, tiles


def fold(core: Core) -> int:
    """Add up the changes that were noted since the last time; how many there were. The map looks the same after."""
    with core.database.begin() as conn:
        search.index_pending_words(conn)
    with core.database.begin() as conn:
        return tiles.fold(conn)
