"""Forgetting people: who reported and who followed, some time after a report was closed."""

from datetime import timedelta

from open311.core import Core
from open311.notifications import storage
from open311.notifications.followers import CONFIRM_WITHIN, LINK_KEPT_FOR

AT_ONCE = 5000


def forget_people(core: Core) -> int:
    """Delete what the settings no longer let us keep; returns how many rows. Reports stay as they are."""
    now, days = core.now(), core.settings.retention_days
    with core.database.begin() as conn:
        storage.forget_unconfirmed(conn, now - CONFIRM_WITHIN, now - LINK_KEPT_FOR)
    forgotten = 0
    while days:
        with core.database.begin() as conn:
            part = storage.forget_closed(conn, now - timedelta(days=days), AT_ONCE)
        forgotten += part
        if not part:
            break
    return forgotten
