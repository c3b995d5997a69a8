"""Whoever adds a column says whether it is personal, why it is kept and what erases it."""

from collections import Counter

from open311.notifications.privacy.personal_data import judged
from open311.storage.tables import metadata

# The queue and the migrations bring these along; with a database, a test in tests/notifications looks at them, too.
THEIRS = ("procrastinate_", "schema_revision")


def test_every_column_is_judged_once() -> None:
    real = {(table.name, column.name) for table in metadata.tables.values() for column in table.columns}
    found = Counter(place for place in judged() if not place[0].startswith(THEIRS))
    missing = [f"{table}.{column}" for table, column in sorted(real - set(found))]
    assert missing == [], (
        "add these to PERSONAL or NOT_PERSONAL in open311/notifications/privacy/personal_data.py"
    )
    assert sorted(set(found) - real) == [], "these are gone"
    assert [place for place, times in found.items() if times > 1] == []
