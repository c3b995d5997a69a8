"""Store the words of requests again once the language of their jurisdiction has changed."""

from open311.core import Core
from open311.storage.search import stored_words

AT_ONCE = 2000


def store_words(core: Core, jurisdiction_id: str) -> None:
    """A part at a time, so that nobody waits; until all is done, what is not yet stored again is found less well."""
    last: int | None = 0
    while last is not None:
        with core.database.begin() as conn:
            last = stored_words.store_after(conn, jurisdiction_id, last, AT_ONCE)
    # The rows look as before to triggers and versions, but searches now find others.
    core.database.freshness.renew()
