"""The city's own map, and what is found on it by words and numbers."""

from geoalchemy2 import Geometry
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Computed,
    ForeignKey,
    Identity,
    Index,
    SmallInteger,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from open311.storage.tables.base import metadata, moment

# A map is read in beside the one that is served, takes its place at once, and is dropped later. `sources` tells, per
# subject, which file it came from.
map_versions = Table(
    "map_versions",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("jurisdiction_id", Text(collation="C"), nullable=False),
    Column("sources", JSONB, nullable=False),
    Column("in_force", Boolean, nullable=False),
    moment("touched_datetime"),
    Index("map_versions_in_force", "jurisdiction_id", unique=True, postgresql_where=text("in_force")),
)


def _version(*, needed: bool) -> "Column[int]":
    return Column(
        "version_id", BigInteger, ForeignKey("map_versions.id", ondelete="CASCADE"), nullable=not needed
    )


# What is drawn, once a level, generalised for it, in the projection of the tiles.
map_features = Table(
    "map_features",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    _version(needed=True),
    Column("subject", Text(collation="C"), nullable=False),
    Column("layer", Text(collation="C"), nullable=False),
    Column("kind", Text(collation="C"), nullable=False),
    Column("name", Text),
    Column("level", SmallInteger, nullable=False),
    Column("from_level", SmallInteger, nullable=False),
    Column("geom", Geometry("GEOMETRY", srid=3857, spatial_index=False), nullable=False),
    Index("map_features_of_version", "version_id"),
    *(
        Index(
            f"map_features_{level}",
            "geom",
            postgresql_using="gist",
            postgresql_where=text(f"level = {level}"),
        )
        for level in (10, 12, 14, 16)
    ),
)

# Addresses and names to search the place of a report in: the city's own list, or what came with its map. `kind` is
# house, street, or place for whatever else has a name.
addresses = Table(
    "addresses",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("jurisdiction_id", Text(collation="C"), nullable=False),
    Column("label", Text, nullable=False),
    Column("folded", Text, Computed("public.open311_fold(label)", persisted=True)),
    Column("geom", Geometry("POINT", srid=4326, spatial_index=False), nullable=False),
    Column("kind", Text(collation="C"), nullable=False, server_default=text("'house'")),
    _version(needed=False),
    Index("addresses_of_jurisdiction", "jurisdiction_id"),
    Index(
        "addresses_parts_of_words",
        "folded",
        postgresql_using="gin",
        postgresql_ops={"folded": "gin_trgm_ops"},
    ),
    Index("addresses_place", "geom", postgresql_using="gist"),
    Index("addresses_of_version", "version_id"),
)

# Things of the city with a number on them, such as street lamps.
assets = Table(
    "assets",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("jurisdiction_id", Text(collation="C"), nullable=False),
    Column("kind", Text(collation="C"), nullable=False),
    Column("number", Text, nullable=False),
    Column("folded", Text, Computed("public.open311_fold(number)", persisted=True)),
    Column("geom", Geometry("POINT", srid=4326, spatial_index=False), nullable=False),
    _version(needed=False),
    Index("assets_by_number", "jurisdiction_id", "folded"),
    Index("assets_place", "geom", postgresql_using="gist"),
    Index("assets_of_version", "version_id"),
)
