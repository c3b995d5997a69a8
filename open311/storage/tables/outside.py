"""What goes out of a case and comes back: orders to contractors, and what reporters say of how it ended."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Identity,
    Index,
    SmallInteger,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY

from open311.storage.tables.base import metadata, moment, request_id

# What a contractor is asked to do. Who that is, and where their mail goes, says the catalogue.
orders = Table(
    "orders",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    request_id(),
    Column("contractor", Text(collation="C"), nullable=False),
    Column("text", Text, nullable=False),
    Column("photos", ARRAY(BigInteger), nullable=False, server_default=text("'{}'")),
    Column("due_date", Date),
    Column("planned_date", Date),
    Column("state", Text(collation="C"), nullable=False),
    Column("answers", SmallInteger, nullable=False, server_default=text("0")),
    Column("attention", Boolean, nullable=False, server_default=text("false")),
    moment("created_datetime"),
    moment("ends_datetime"),
    moment("sent_datetime", nullable=True),
    moment("reminded_datetime", nullable=True),
    CheckConstraint(
        "state in ('sent', 'accepted', 'declined', 'done', 'confirmed', 'expired', 'revoked')",
        name="order_state_is_known",
    ),
    Index("orders_of_request", "service_request_id", "id"),
    Index("orders_open", "created_datetime", postgresql_where=text("state in ('sent', 'accepted')")),
    Index(
        "orders_unsettled",
        "service_request_id",
        postgresql_where=text("attention or state in ('sent', 'accepted', 'done')"),
    ),
)

# The links of the mails about an order, each by the digest of its token.
order_links = Table(
    "order_links",
    metadata,
    Column("digest", Text(collation="C"), primary_key=True),
    Column("order_id", ForeignKey("orders.id", ondelete="CASCADE"), nullable=False, index=True),
)

# How it ended, for the reporter: each link of a closing mail, and the one answer that came by it. Nothing tells
# whose it was, nor which of the staff had the case.
ratings = Table(
    "ratings",
    metadata,
    Column("digest", Text(collation="C"), primary_key=True),
    request_id(),
    Column("event_id", BigInteger, nullable=False),
    moment("ends_datetime"),
    moment("answered_datetime", nullable=True),
    Column("satisfied", Boolean),
    Column("text", Text, nullable=False, server_default=text("''")),
    Index("ratings_of_event", "event_id"),
    Index("ratings_of_request", "service_request_id"),
    Index("ratings_answered", "answered_datetime", postgresql_where=text("answered_datetime is not null")),
)
