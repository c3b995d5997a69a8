"""What staff keep for their own work: templates, views, acts on many cases, workbooks. Internal, like the cases."""

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from open311.storage.tables.base import metadata, moment, text_array

# Words that staff use again and again: one text for the page, one for the mail, by language.
templates = Table(
    "templates",
    metadata,
    Column("id", Integer, Identity(always=True), primary_key=True),
    Column("jurisdiction_id", Text(collation="C"), nullable=False),
    Column("title", Text, nullable=False),
    Column("status", Text(collation="C")),
    text_array("services"),
    Column("unit", Text(collation="C")),
    Column("page_text", JSONB, nullable=False, server_default=text("'{}'")),
    Column("mail_text", JSONB, nullable=False, server_default=text("'{}'")),
    Column("active", Boolean, nullable=False, server_default=text("true")),
    Column("version", Integer, nullable=False, server_default=text("1")),
    Index("templates_of_jurisdiction", "jurisdiction_id", "title"),
)

# Filters of the list under a name: somebody's own, or a unit's.
views = Table(
    "views",
    metadata,
    Column("id", Integer, Identity(always=True), primary_key=True),
    Column("account_id", ForeignKey("accounts.id", ondelete="CASCADE")),
    Column("jurisdiction_id", Text(collation="C")),
    Column("unit", Text(collation="C")),
    CheckConstraint(
        "(account_id is null) = (unit is not null and jurisdiction_id is not null)", name="view_has_one_owner"
    ),
    Column("name", Text, nullable=False),
    Column("query", JSONB, nullable=False),
    Column("position", SmallInteger, nullable=False, server_default=text("0")),
    Column("counted", Boolean, nullable=False, server_default=text("true")),
    moment("created_datetime"),
    Index("views_of_account", "account_id"),
    Index("views_of_unit", "jurisdiction_id", "unit"),
)

# An act on many cases, and what became of it at each; gone a day later. `key` is the form's, so that it acts once.
bulk_runs = Table(
    "bulk_runs",
    metadata,
    Column("id", Integer, Identity(always=True), primary_key=True),
    Column("key", Text(collation="C"), nullable=False, unique=True),
    Column("account_id", ForeignKey("accounts.id", ondelete="CASCADE"), nullable=False),
    Column("act", Text(collation="C"), nullable=False),
    Column("value", Text, nullable=False),
    Column("text", Text, nullable=False),
    moment("created_datetime"),
    Index("bulk_runs_created", "created_datetime"),
    Index("bulk_runs_of_account", "account_id"),
)
bulk_items = Table(
    "bulk_items",
    metadata,
    Column("run_id", ForeignKey("bulk_runs.id", ondelete="CASCADE"), primary_key=True),
    Column("service_request_id", ForeignKey("service_requests.id", ondelete="CASCADE"), primary_key=True),
    Column("revision", Integer, nullable=False),
    Column("state", Text(collation="C"), nullable=False),
    Column("problems", JSONB, nullable=False, server_default=text("'[]'")),
    Index("bulk_items_of_request", "service_request_id"),
)

# A workbook, or work sheets, that the worker writes for somebody, in parts; gone after a day.
export_files = Table(
    "export_files",
    metadata,
    Column("id", Integer, Identity(always=True), primary_key=True),
    Column("account_id", ForeignKey("accounts.id", ondelete="CASCADE"), nullable=False),
    Column("filters", JSONB, nullable=False),
    Column("kind", Text(collation="C"), nullable=False, server_default="xlsx"),
    Column("state", Text(collation="C"), nullable=False),
    Column("rows", Integer, nullable=False),
    moment("created_datetime"),
    Index("export_files_of_account", "account_id"),
    Index("export_files_created", "created_datetime"),
)
export_parts = Table(
    "export_parts",
    metadata,
    Column("file_id", ForeignKey("export_files.id", ondelete="CASCADE"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("content", LargeBinary, nullable=False),
)
