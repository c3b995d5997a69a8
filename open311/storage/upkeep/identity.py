"""Which database this is: the one its rows were written in, or one that a backup was restored into.

The identity is made of what a dump does not carry: the number of the cluster, and those of the database and of `events`
in it. A standby that is promoted keeps it, and so does a recovery to a point in time; they begin a new timeline.
"""

from sqlalchemy import Connection, text

IDENTITY = (
    "(pg_control_system()).system_identifier || '.'"
    " || (select oid from pg_database where datname = current_database()) || '.' || 'events'::regclass::oid"
)

_IS_RESTORED = text(f"select source <> {IDENTITY} from instance")
# No event is being written meanwhile, so each belongs either to the past or to this database.
_LOCK = text("lock table events in share row exclusive mode")
_ADOPT = text(f"""
    update instance set
        source = {IDENTITY},
        horizon = pg_snapshot_xmin(pg_current_snapshot())::text::xid8,
        floor = (select coalesce(max(id), 0) from events)
    where source <> {IDENTITY}
    returning floor
""")
_NEW_NAME = text("update instance set id = gen_random_uuid()")


def is_restored(conn: Connection) -> bool:
    """Whether the rows were written in another database than this one, and nobody has said so yet."""
    return bool(conn.execute(_IS_RESTORED).scalar_one())


def adopt(conn: Connection) -> bool:
    """Take the events that are here for the past; whether that was still to be done."""
    # Asked without a lock first: every start of every process comes by here.
    if not is_restored(conn):
        return False
    conn.execute(_LOCK)
    return conn.execute(_ADOPT).one_or_none() is not None


def rename(conn: Connection) -> None:
    """Give the database another name, so that no cursor from before is taken any more."""
    conn.execute(_NEW_NAME)
