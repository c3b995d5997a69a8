"""What is added up for the figures of the desk."""

from sqlalchemy import BigInteger, Column, Date, Identity, Index, Integer, SmallInteger, Table, Text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from open311.model.casework.figures import NUMBERS
from open311.storage.tables.base import metadata, moment

# What became of the reports of a time, as `part` says: in all, by way of receipt or reason (`name`), by `week`, or in
# the week a year before. `age` is the shortest period that they lie in, in days. `areas` is null where all are counted
# together; `unit` is empty where there is none. `times`: how many took how long, by `model.casework.figures`.
desk_figures = Table(
    "desk_figures",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("jurisdiction_id", Text(collation="C"), nullable=False),
    Column("part", Text(collation="C"), nullable=False),
    Column("areas", ARRAY(Text(collation="C"))),
    Column("age", SmallInteger),
    Column("week", Date),
    Column("name", Text),
    Column("unit", Text(collation="C")),
    Column("service_code", Text(collation="C"), nullable=False),
    Column("visibility", Text(collation="C"), nullable=False),
    *(Column(name, Integer, nullable=False) for name in NUMBERS),
    Column("times", JSONB, nullable=False),
)
Index("desk_figures_part", desk_figures.c.jurisdiction_id, desk_figures.c.part)

# Up to which event, and when, the figures of a jurisdiction were added up.
desk_figures_runs = Table(
    "desk_figures_runs",
    metadata,
    Column("jurisdiction_id", Text(collation="C"), primary_key=True),
    Column("event_id", BigInteger, nullable=False),
    moment("run_datetime"),
)
