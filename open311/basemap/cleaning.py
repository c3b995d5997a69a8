"""Taking maps away that are not served any more."""

from datetime import timedelta

from open311.basemap import storage
from open311.core import Core

# So long may a page be open that still asks for tiles of the map before.
AFTER = timedelta(days=1)


def drop_old(core: Core) -> None:
    """Maps that were replaced a day ago, and those that were begun and never finished."""
    with core.database.read() as conn:
        gone = storage.not_served(conn, core.now() - AFTER)
    for version_id in gone:
        drop(core, version_id)


def drop(core: Core, version_id: int) -> None:
    """Take a map away, a part at a time."""
    left = True
    while left:
        with core.database.begin() as conn:
            # A map has millions of rows; in one transaction they would hold up the feed of changes, and vacuum, for
            # minutes.
            left = storage.drop_some(conn, version_id)
