"""Rounds in the field: where somebody goes on a day, and what devices have sent from there."""

from sqlalchemy import (
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Identity,
    Index,
    Integer,
    SmallInteger,
    Table,
    Text,
    text,
)

from open311.storage.tables.base import metadata, moment, request_id

# Who goes where on a day is in no table: a round belongs to those who may see its stops. It goes after a month.
rounds = Table(
    "rounds",
    metadata,
    Column("id", Integer, Identity(always=True), primary_key=True),
    Column("jurisdiction_id", Text(collation="C"), nullable=False),
    Column("name", Text, nullable=False),
    Column("day", Date, nullable=False),
    moment("created_datetime"),
    Index("rounds_day", "day"),
)

stops = Table(
    "stops",
    metadata,
    Column("round_id", ForeignKey("rounds.id", ondelete="CASCADE"), primary_key=True),
    request_id(primary=True),
    Column("position", SmallInteger, nullable=False),
    Column("state", Text(collation="C"), nullable=False, server_default=text("'open'")),
    CheckConstraint("state in ('open', 'done', 'not_found', 'note')", name="stop_state_is_known"),
    Index("stops_of_request", "service_request_id"),
)

# What devices have sent, under ids that they made themselves, so that it counts once.
field_actions = Table(
    "field_actions",
    metadata,
    request_id(primary=True),
    Column("client_id", Text(collation="C"), primary_key=True),
    Column("outcome", Text(collation="C"), nullable=False),
    moment("created_datetime"),
    Index("field_actions_created", "created_datetime"),
)
