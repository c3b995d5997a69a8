"""Requests that came from elsewhere: harvested from other servers, or moved in from an older system."""

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from open311.storage.tables.base import metadata, moment

# Where requests are taken from, and how far that has come. A server that is harvested has a catalogue of its own here.
intakes = Table(
    "intakes",
    metadata,
    Column("jurisdiction_id", Text(collation="C"), primary_key=True),
    Column("source", Text(collation="C"), primary_key=True),
    Column("kind", Text(collation="C"), nullable=False),
    Column("options", JSONB, nullable=False, server_default=text("'{}'")),
    Column("catalogue", JSONB),
    moment("catalogue_datetime", nullable=True),
    Column("state", JSONB, nullable=False, server_default=text("'{}'")),
    Column("counts", JSONB, nullable=False, server_default=text("'{}'")),
    Column("problem", Text),
    Column("troubles", JSONB, nullable=False, server_default=text("'[]'")),
    moment("created_datetime"),
    moment("run_datetime", nullable=True),
    CheckConstraint("kind in ('harvest', 'import')", name="kind_of_intake_is_known"),
)

# The id that a request has elsewhere. Without a request when it was erased here: then it is never taken in again.
# `copy`: the number of the last full copy that held it, where a lost cursor has made new copies necessary.
foreign_references = Table(
    "foreign_references",
    metadata,
    Column("jurisdiction_id", Text(collation="C"), primary_key=True),
    Column("foreign_id", Text(collation="C"), primary_key=True),
    Column("source", Text(collation="C"), primary_key=True),
    Column("service_request_id", ForeignKey("service_requests.id", ondelete="SET NULL")),
    Column("digest", Text(collation="C"), nullable=False),
    Column("gone", Boolean, nullable=False, server_default=text("false")),
    Column("copy", Integer, nullable=False, server_default=text("0")),
)
Index("foreign_references_of_request", foreign_references.c.service_request_id)
