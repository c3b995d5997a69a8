"""What staff are told by mail: the day's mails, the steps of deadlines, what is still to be told."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Identity,
    Index,
    SmallInteger,
    Table,
    Text,
)

from open311.storage.tables.base import metadata, moment

# The mail of a day to a unit: noted before it is sent, so that nobody gets it twice.
unit_digests = Table(
    "unit_digests",
    metadata,
    Column("jurisdiction_id", Text(collation="C"), primary_key=True),
    Column("unit", Text(collation="C"), primary_key=True),
    Column("day", Date, primary_key=True),
    moment("sent_datetime", nullable=True),
)

# The last step of a deadline of a case that somebody was told of; another deadline begins again.
case_steps = Table(
    "case_steps",
    metadata,
    Column("service_request_id", ForeignKey("service_requests.id", ondelete="CASCADE"), primary_key=True),
    Column("kind", Text(collation="C"), primary_key=True),
    moment("deadline"),
    Column("percent", SmallInteger, nullable=False),
)

# What somebody of the staff, or a unit, is to be told by mail about a case; a line goes when it is sent.
staff_notices = Table(
    "staff_notices",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("service_request_id", ForeignKey("service_requests.id", ondelete="CASCADE"), nullable=False),
    Column("jurisdiction_id", Text(collation="C")),
    Column("unit", Text(collation="C")),
    Column("account_id", ForeignKey("accounts.id", ondelete="CASCADE")),
    CheckConstraint(
        "(account_id is null) = (unit is not null and jurisdiction_id is not null)",
        name="notice_has_one_recipient",
    ),
    Column("kind", Text(collation="C"), nullable=False),
    Column("deadline", Text(collation="C")),
    moment("created_datetime"),
    Index("staff_notices_of_request", "service_request_id"),
    Index("staff_notices_of_account", "account_id"),
    Index("staff_notices_of_unit", "jurisdiction_id", "unit"),
)

# The last day for which somebody had their own mail of the day.
account_digests = Table(
    "account_digests",
    metadata,
    Column("account_id", ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True),
    Column("day", Date, nullable=False),
)
