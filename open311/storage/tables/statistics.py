"""What is added up for the figures of a city."""

from sqlalchemy import BigInteger, Column, Date, Integer, Table, Text
from sqlalchemy.dialects.postgresql import JSONB

from open311.storage.tables.base import metadata, moment

# Of each month, by service, by area, or by both, as `part` says (what it leaves out is empty): `received` then, and of
# these still `open`; `closed` then, of these `promised` a day and `kept`, and how many took how many `days`.
statistics_months = Table(
    "statistics_months",
    metadata,
    Column("jurisdiction_id", Text(collation="C"), primary_key=True),
    Column("part", Text(collation="C"), primary_key=True),
    Column("month", Date, primary_key=True),
    Column("service_code", Text(collation="C"), primary_key=True),
    Column("area", Text(collation="C"), primary_key=True),
    Column("received", Integer, nullable=False),
    Column("open", Integer, nullable=False),
    Column("closed", Integer, nullable=False),
    Column("promised", Integer, nullable=False),
    Column("kept", Integer, nullable=False),
    Column("days", JSONB, nullable=False),
)

# Up to which event, and when, the figures of a jurisdiction were added up.
statistics_runs = Table(
    "statistics_runs",
    metadata,
    Column("jurisdiction_id", Text(collation="C"), primary_key=True),
    Column("event_id", BigInteger, nullable=False),
    moment("run_datetime"),
)
