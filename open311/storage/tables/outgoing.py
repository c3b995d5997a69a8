"""What goes out to others: webhooks, and requests that are handed on to other servers."""

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Identity,
    Index,
    Integer,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from open311.storage.tables.base import Xid8, metadata, moment

# How far each reader of the stream of events has come: behind the event `number` of transaction `xid` of the database
# `source`. Events up to `floor` were written by another database, whose transactions count for nothing here.
stream_readers = Table(
    "stream_readers",
    metadata,
    Column("name", Text(collation="C"), primary_key=True),
    Column("source", Text(collation="C"), nullable=False),
    Column("xid", Xid8, nullable=False),
    Column("number", BigInteger, nullable=False),
    Column("floor", BigInteger, nullable=False, server_default=text("0")),
)

# Who is told of what. `tag` is part of the ids of its messages. `retry_datetime`: the target is left alone until then.
webhook_subscriptions = Table(
    "webhook_subscriptions",
    metadata,
    Column("id", Integer, Identity(always=True), primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("tag", Text(collation="C"), nullable=False),
    Column("jurisdiction_id", Text(collation="C"), nullable=False),
    Column("url", Text, nullable=False),
    Column("secret", Text, nullable=False),
    Column("service_codes", ARRAY(Text), nullable=False),
    Column("kinds", ARRAY(Text), nullable=False),
    Column("state", Text(collation="C"), nullable=False),
    Column("reason", JSONB),
    Column("failures", Integer, nullable=False, server_default=text("0")),
    moment("created_datetime"),
    moment("failing_since", nullable=True),
    moment("retry_datetime", nullable=True),
)

# One message for each event a subscription asks for, never two; its words are found when it is sent.
webhook_messages = Table(
    "webhook_messages",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("subscription_id", ForeignKey("webhook_subscriptions.id", ondelete="CASCADE"), nullable=False),
    Column("event_id", BigInteger, nullable=False),
    Column("service_request_id", BigInteger, nullable=False),
    Column("kind", Text(collation="C"), nullable=False),
    moment("datetime"),
    Column("state", Text(collation="C"), nullable=False, server_default=text("'waiting'")),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    moment("due_datetime"),
    UniqueConstraint("subscription_id", "event_id", name="webhook_messages_once"),
    Index(
        "webhook_messages_waiting",
        "subscription_id",
        "due_datetime",
        "id",
        postgresql_where=text("state = 'waiting'"),
    ),
)

webhook_attempts = Table(
    "webhook_attempts",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("message_id", ForeignKey("webhook_messages.id", ondelete="CASCADE"), nullable=False, index=True),
    moment("datetime"),
    Column("status", SmallInteger),
    Column("milliseconds", Integer, nullable=False),
    Column("error", Text),
)

# Requests handed on to other servers, under the id they have there.
forwards = Table(
    "forwards",
    metadata,
    Column("service_request_id", ForeignKey("service_requests.id", ondelete="CASCADE"), primary_key=True),
    Column("url", Text(collation="C"), nullable=False),
    Column("state", Text(collation="C"), nullable=False),
    Column("client_request_id", Text(collation="C"), nullable=False),
    Column("token", Text(collation="C")),
    Column("foreign_id", Text(collation="C")),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    Column("error", Text),
    Column("seen", Text),
    moment("created_datetime"),
    moment("due_datetime"),
    moment("sent_datetime", nullable=True),
    moment("asked_datetime", nullable=True),
    Index("forwards_by_foreign_id", "foreign_id"),
    Index("forwards_due", "due_datetime", postgresql_where=text("state in ('waiting', 'sending', 'token')")),
    Index("forwards_asked", "url", "asked_datetime", postgresql_where=text("state = 'sent'")),
)

# Updates of other servers that ours have taken over already.
forwarded_updates = Table(
    "forwarded_updates",
    metadata,
    Column("service_request_id", ForeignKey("service_requests.id", ondelete="CASCADE"), primary_key=True),
    Column("foreign_update_id", Text(collation="C"), primary_key=True),
)
