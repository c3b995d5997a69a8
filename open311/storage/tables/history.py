"""What happened to requests, and the updates that others sent."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Identity,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from open311.model.events.personal_texts import PERSONAL_TEXTS
from open311.storage.tables.base import Xid8, metadata, moment

# The segment of the log that is being written names its timeline, also before the first checkpoint on it.
TIMELINE = "('x' || left(pg_walfile_name(pg_current_wal_insert_lsn()), 8))::bit(32)::integer"

# Kinds that may hold what privacy forgets. A further one needs the index built again.
_KINDS = ", ".join(f"'{kind}'" for kind in sorted({kind for texts in PERSONAL_TEXTS for kind in texts.kinds}))
MAY_HAVE_TEXT = f"kind = any(array[{_KINDS}])"

# The one stream of events: appended to, never changed; only texts are taken out again, and lines hidden, by staff.
# Without a foreign key, since an event outlives its request. `public`: everybody may read it in the history.
# `is_update`: it is also one of the updates, under its own id or that of the claim it publishes. `in_feed`: with it
# changed what everybody may see, so replicas are told.
events = Table(
    "events",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("xid", Xid8, nullable=False, server_default=text("pg_current_xact_id()")),
    Column("jurisdiction_id", Text(collation="C"), nullable=False),
    Column("service_request_id", BigInteger, nullable=False),
    Column("kind", Text(collation="C"), nullable=False),
    Column("public", Boolean, nullable=False),
    moment("datetime"),
    Column("actor", Text, nullable=False),
    Column("data", JSONB, nullable=False, server_default=text("'{}'")),
    Column("in_feed", Boolean, nullable=False, server_default=text("false")),
    Column("is_update", Boolean, nullable=False, server_default=text("false")),
    Column("claim_id", BigInteger),
    # Which of the histories of this database an event belongs to: a failover or a recovery begins another.
    Column("timeline", Integer, nullable=False, server_default=text(TIMELINE)),
    Index("events_of_request", "service_request_id", "id"),
    Index("events_in_commit_order", "xid", "id"),
    Index("events_feed", "jurisdiction_id", "xid", "id", postgresql_where=text("in_feed")),
    Index(
        "events_updates",
        "jurisdiction_id",
        "datetime",
        text("coalesce(claim_id, id)"),
        postgresql_where=text("is_update and public"),
    ),
    Index("events_claimed", "jurisdiction_id", "id", postgresql_where=text("kind = 'claimed'")),
    Index("events_with_texts", "service_request_id", postgresql_where=text(MAY_HAVE_TEXT)),
)

# What was posted as an update, for ever: a sender that repeats itself gets the same id again.
updates = Table(
    "updates",
    metadata,
    Column("event_id", BigInteger, primary_key=True, autoincrement=False),
    Column("service_request_id", BigInteger, nullable=False),
    Column("key_id", Integer, nullable=False),
    Column("jurisdiction_id", Text(collation="C"), nullable=False),
    Column("sender_update_id", Text(collation="C"), nullable=False),
    UniqueConstraint("key_id", "jurisdiction_id", "sender_update_id", name="updates_of_sender"),
)

# Personal data of those who sent updates, as in `reporters`.
updaters = Table(
    "updaters",
    metadata,
    Column("event_id", ForeignKey("updates.event_id", ondelete="CASCADE"), primary_key=True),
    Column(
        "service_request_id",
        ForeignKey("service_requests.id", ondelete="CASCADE"),
        nullable=False,
        index=True,
    ),
    Column("email", Text),
    Column("phone", Text),
    Column("first_name", Text),
    Column("last_name", Text),
    Column("device_id", Text),
    Column("account_id", Text),
)
