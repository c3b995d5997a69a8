"""The tables. Public data, internal data and personal data never share one."""

from geoalchemy2 import Geometry
from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Computed,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    MetaData,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TSVECTOR
from sqlalchemy.types import UserDefinedType

metadata = MetaData()

# The first id has six digits, so that ids read aloud on the telephone have one length for long.
FIRST_ID = 100_001


class Xid8(UserDefinedType[int]):
    """The 64-bit transaction id of PostgreSQL."""

    cache_ok = True

    def get_col_spec(self, **_: object) -> str:
        return "xid8"


def _moment(name: str, *, nullable: bool = False) -> "Column[object]":
    return Column(name, DateTime(timezone=True), nullable=nullable)


service_requests = Table(
    "service_requests",
    metadata,
    Column("id", BigInteger, Identity(always=False, start=FIRST_ID), primary_key=True),
    Column("jurisdiction_id", Text(collation="C"), nullable=False),
    Column("service_code", Text(collation="C"), nullable=False),
    Column("status", Text(collation="C"), nullable=False),
    Column("detailed_status", Text(collation="C"), nullable=False),
    Column("visibility", Text(collation="C"), nullable=False),
    Column("version", Integer, nullable=False, server_default="1"),
    _moment("requested_datetime"),
    _moment("updated_datetime"),
    _moment("closed_datetime", nullable=True),
    _moment("expected_datetime", nullable=True),
    Column("status_notes", Text),
    Column("description", Text, nullable=False, server_default=""),
    Column("agency_responsible", Text),
    Column("address", Text, nullable=False, server_default=""),
    Column("address_id", Text),
    Column("zipcode", Text),
    Column("geom", Geometry("POINT", srid=4326, spatial_index=False)),
    # Pictures elsewhere, as they were sent; `photos` are the paths of our own public ones, copied from `media`.
    Column("media_urls", ARRAY(Text), nullable=False, server_default=text("'{}'")),
    Column("photos", ARRAY(Text), nullable=False, server_default=text("'{}'")),
    Column("title", Text),
    Column("channel", Text),
    Column("service_object_type", Text),
    Column("service_object_id", Text),
    Column("attributes", JSONB, nullable=False, server_default=text("'{}'")),
    # Of which request this one is a duplicate. Without a foreign key, since that one may be erased.
    Column("parent_id", BigInteger),
    Column(
        "words",
        TSVECTOR,
        Computed(
            "open311_words(description || ' ' || address || ' ' || coalesce(status_notes, ''))",
            persisted=True,
        ),
    ),
    Column(
        "folded",
        Text,
        Computed(
            "open311_fold(description || ' ' || address || ' ' || coalesce(status_notes, ''))", persisted=True
        ),
    ),
    CheckConstraint("status in ('open', 'closed')", name="status_is_known"),
    CheckConstraint("visibility in ('held', 'published', 'hidden')", name="visibility_is_known"),
    # The search relies on this to bound `requested_datetime` by `updated_before`.
    CheckConstraint("updated_datetime >= requested_datetime", name="updated_after_requested"),
)

_request = service_requests.c
_published = text("visibility = 'published'")
_newest = (_request.requested_datetime.desc(), _request.id.desc())


def _published_index(name: str, *columns: object) -> Index:
    return Index(name, *columns, postgresql_where=_published, postgresql_include=["version"])  # type: ignore[arg-type]


_published_index("service_requests_newest", _request.jurisdiction_id, *_newest)
_published_index("service_requests_by_service", _request.jurisdiction_id, _request.service_code, *_newest)
_published_index("service_requests_by_status", _request.jurisdiction_id, _request.status, *_newest)
_published_index(
    "service_requests_updated", _request.jurisdiction_id, _request.updated_datetime.desc(), _request.id.desc()
)
Index("service_requests_place", _request.geom, postgresql_using="gist", postgresql_where=_published)
Index("service_requests_words", _request.words, postgresql_using="gin", postgresql_where=_published)
Index(
    "service_requests_parts_of_words",
    _request.folded,
    postgresql_using="gin",
    postgresql_ops={"folded": "gin_trgm_ops"},
    postgresql_where=_published,
)
_published_index(
    "service_requests_by_agency",
    _request.jurisdiction_id,
    func.lower(_request.agency_responsible),
    *_newest,
)
Index(
    "service_requests_held",
    _request.jurisdiction_id,
    *_newest,
    postgresql_where=text("visibility = 'held'"),
)

# How a request came in: internal, outlives the reporter's data.
submissions = Table(
    "submissions",
    metadata,
    Column("service_request_id", ForeignKey("service_requests.id", ondelete="CASCADE"), primary_key=True),
    Column("key_id", Integer),
    Column("client_request_id", Text),
    Column("address_unchecked", Boolean, nullable=False, server_default=text("false")),
    Column("attributes", JSONB, nullable=False, server_default=text("'{}'")),
    _moment("received_datetime"),
    Index(
        "submissions_client_request",
        "key_id",
        "client_request_id",
        postgresql_where=text("client_request_id is not null"),
    ),
)

# Personal data: no public query joins it, retention deletes rows and nothing else breaks.
reporters = Table(
    "reporters",
    metadata,
    Column("service_request_id", ForeignKey("service_requests.id", ondelete="CASCADE"), primary_key=True),
    Column("email", Text),
    Column("phone", Text),
    Column("first_name", Text),
    Column("last_name", Text),
    Column("device_id", Text),
    Column("account_id", Text),
    Column("attributes", JSONB, nullable=False, server_default=text("'{}'")),
)

# Photos; their files lie in the media store under `key`.
media = Table(
    "media",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("service_request_id", ForeignKey("service_requests.id", ondelete="CASCADE"), nullable=False),
    Column("position", Integer, nullable=False),
    Column("visibility", Text(collation="C"), nullable=False),
    Column("key", Text(collation="C"), nullable=False, unique=True),
    Column("media_type", Text, nullable=False),
    Column("bytes", Integer, nullable=False),
    Column("width", Integer, nullable=False),
    Column("height", Integer, nullable=False),
    Column("sha256", Text(collation="C"), nullable=False),
    Column("thumb_key", Text(collation="C"), unique=True),
    _moment("created_datetime"),
    CheckConstraint("visibility in ('held', 'public', 'internal')", name="media_visibility_is_known"),
    UniqueConstraint("service_request_id", "position", name="media_position"),
)

# The token of a batch service (GeoReport v2, GET service_request_id from a token).
tokens = Table(
    "tokens",
    metadata,
    Column("token", Text(collation="C"), primary_key=True),
    Column("jurisdiction_id", Text(collation="C"), nullable=False),
    Column(
        "service_request_id",
        ForeignKey("service_requests.id", ondelete="CASCADE"),
        nullable=False,
        unique=True,
    ),
    _moment("accepted_datetime", nullable=True),
)

# The one stream of events: appended to, never changed; only texts are taken out again, and lines hidden, by staff.
# Without a foreign key, since an event outlives its request. `public`: everybody may read it in the history.
# `is_update`: it is also one of the updates, under its own id or that of the claim it publishes. `in_feed`: with it
# changed what everybody may see, so replicas are told.
events = Table(
    "events",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("xid", Xid8, nullable=False, server_default=text("pg_current_xact_id()")),
    Column("jurisdiction_id", Text(collation="C"), nullable=False),
    Column("service_request_id", BigInteger, nullable=False),
    Column("kind", Text(collation="C"), nullable=False),
    Column("public", Boolean, nullable=False),
    _moment("datetime"),
    Column("actor", Text, nullable=False),
    Column("data", JSONB, nullable=False, server_default=text("'{}'")),
    Column("in_feed", Boolean, nullable=False, server_default=text("false")),
    Column("is_update", Boolean, nullable=False, server_default=text("false")),
    Column("claim_id", BigInteger),
    Index("events_of_request", "service_request_id", "id"),
    Index("events_in_commit_order", "xid", "id"),
    Index("events_feed", "jurisdiction_id", "xid", "id", postgresql_where=text("in_feed")),
    Index(
        "events_updates",
        "jurisdiction_id",
        "datetime",
        text("coalesce(claim_id, id)"),
        postgresql_where=text("is_update and public"),
    ),
    Index("events_claimed", "jurisdiction_id", "id", postgresql_where=text("kind = 'claimed'")),
)

# What was posted as an update, for ever: a sender that repeats itself gets the same id again.
updates = Table(
    "updates",
    metadata,
    Column("event_id", BigInteger, primary_key=True, autoincrement=False),
    Column("service_request_id", BigInteger, nullable=False),
    Column("key_id", Integer, nullable=False),
    Column("jurisdiction_id", Text(collation="C"), nullable=False),
    Column("sender_update_id", Text(collation="C"), nullable=False),
    UniqueConstraint("key_id", "jurisdiction_id", "sender_update_id", name="updates_of_sender"),
)

# Personal data of those who sent updates, as in `reporters`.
updaters = Table(
    "updaters",
    metadata,
    Column("event_id", ForeignKey("updates.event_id", ondelete="CASCADE"), primary_key=True),
    Column(
        "service_request_id",
        ForeignKey("service_requests.id", ondelete="CASCADE"),
        nullable=False,
        index=True,
    ),
    Column("email", Text),
    Column("phone", Text),
    Column("first_name", Text),
    Column("last_name", Text),
    Column("device_id", Text),
    Column("account_id", Text),
)

# One row: the name of this database, so that a cursor of another one is told apart.
instance = Table(
    "instance",
    metadata,
    Column("id", Uuid, primary_key=True, server_default=text("gen_random_uuid()")),
)

keys = Table(
    "keys",
    metadata,
    Column("id", Integer, Identity(always=True), primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("digest", Text(collation="C"), nullable=False, unique=True),
    Column("scopes", ARRAY(Text), nullable=False),
    _moment("created_datetime"),
    _moment("revoked_datetime", nullable=True),
)

# What a catalogue looked like when it last came into force, and every service it ever had.
catalogues = Table(
    "catalogues",
    metadata,
    Column("jurisdiction_id", Text(collation="C"), primary_key=True),
    Column("digest", Text(collation="C"), nullable=False),
    _moment("changeset"),
)

services = Table(
    "services",
    metadata,
    Column("jurisdiction_id", Text(collation="C"), primary_key=True),
    Column("service_code", Text(collation="C"), primary_key=True),
    Column("service_name", JSONB, nullable=False),
    _moment("retired_datetime", nullable=True),
)

# How many requests are in each cell of the web map's grid, on two levels, and the sums of their places. Triggers append
# to `map_changes`; the worker adds it up into `map_cells`, and readers add what is not added up yet.
_cell = (
    ("x", Integer),
    ("y", Integer),
    ("service_code", Text(collation="C")),
    ("status", Text(collation="C")),
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
