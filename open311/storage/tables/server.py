"""What is not about one request: the database itself, keys, catalogues, the map."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Identity,
    Index,
    Integer,
    SmallInteger,
    Table,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from open311.storage.tables.base import Xid8, metadata, moment

# One row: the name of this database, so that a cursor of another one is told apart; and what signs the forms that need
# no draft.
instance = Table(
    "instance",
    metadata,
    Column("id", Uuid, primary_key=True, server_default=text("gen_random_uuid()")),
    Column(
        "secret",
        Text(collation="C"),
        nullable=False,
        server_default=text("gen_random_uuid()::text || gen_random_uuid()::text"),
    ),
    # The database that all rows were written in (storage/upkeep/identity.py); events up to `floor` came from
    # a backup, and transactions from `horizon` on are this database's own.
    Column("source", Text(collation="C"), nullable=False),
    Column("floor", BigInteger, nullable=False, server_default=text("0")),
    Column("horizon", Xid8, nullable=False, server_default=text("'0'")),
)

keys = Table(
    "keys",
    metadata,
    Column("id", Integer, Identity(always=True), primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("digest", Text(collation="C"), nullable=False, unique=True),
    Column("scopes", ARRAY(Text), nullable=False),
    moment("created_datetime"),
    moment("revoked_datetime", nullable=True),
    # Without any the key is good for all jurisdictions, those of later catalogues too.
    Column("jurisdictions", ARRAY(Text)),
)

# What a catalogue looked like when it last came into force, and every service it ever had. Under an empty id, in the
# place of a digest: which jurisdictions there are, and when one last joined or left.
catalogues = Table(
    "catalogues",
    metadata,
    Column("jurisdiction_id", Text(collation="C"), primary_key=True),
    Column("digest", Text(collation="C"), nullable=False),
    moment("changeset"),
    # The configuration of the text search that words of its requests are stored by.
    Column("text_search", Text(collation="C"), nullable=False, server_default="german"),
)

services = Table(
    "services",
    metadata,
    Column("jurisdiction_id", Text(collation="C"), primary_key=True),
    Column("service_code", Text(collation="C"), primary_key=True),
    Column("service_name", JSONB, nullable=False),
    moment("retired_datetime", nullable=True),
)

# How many requests are in each cell of the web map's grid, on two levels, and the sums of their places. Triggers append
# to `map_changes`; the worker adds it up into `map_cells`, and readers add what is not added up yet.
_cell = (
    ("x", Integer),
    ("y", Integer),
    ("service_code", Text(collation="C")),
    ("status", Text(collation="C")),
    ("detailed_status", Text(collation="C")),
)
_sums = ("count", "sum_lat", "sum_long")
map_cells = Table(
    "map_cells",
    metadata,
    Column("jurisdiction_id", Text(collation="C"), primary_key=True),
    Column("level", SmallInteger, primary_key=True),
    *(Column(name, kind, primary_key=True) for name, kind in _cell),
    *(Column(name, BigInteger, nullable=False) for name in _sums),
)
map_changes = Table(
    "map_changes",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("jurisdiction_id", Text(collation="C"), nullable=False),
    *(Column(name, kind, nullable=False) for name, kind in _cell),
    *(Column(name, BigInteger, nullable=False) for name in _sums),
)

# What was erased, written down by triggers: ids alone. `copied`: also beside the photos, for the restoring of a backup.
erasures = Table(
    "erasures",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("datetime", DateTime(timezone=True), nullable=False, server_default=text("now()")),
    Column("table_name", Text(collation="C"), nullable=False),
    Column("ids", ARRAY(BigInteger), nullable=False),
    Column("copied", Boolean, nullable=False, server_default=text("false")),
    Index("erasures_to_copy", "id", postgresql_where=text("not copied")),
)
