"""Requests, and what hangs on one: how it came in, its reporter, its photos, its token."""

from geoalchemy2 import Geometry
from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Computed,
    FetchedValue,
    ForeignKey,
    Identity,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TSVECTOR

from open311.storage.tables.base import metadata, moment

# The first id has six digits, so that ids read aloud on the telephone have one length for long.
FIRST_ID = 100_001

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
    moment("requested_datetime"),
    moment("updated_datetime"),
    moment("closed_datetime", nullable=True),
    moment("expected_datetime", nullable=True),
    Column("status_notes", Text),
    # What another server said of a request of its own; ours have that of their service.
    Column("service_notice", Text),
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
    # How many people have said that it affects them, too.
    Column("affected", Integer, nullable=False, server_default=text("0")),
    # Of which request this one is a duplicate. Without a foreign key, since that one may be erased.
    Column("parent_id", BigInteger),
    # A trigger fills it, in the language of the jurisdiction.
    Column("words", TSVECTOR, FetchedValue()),
    Column(
        "folded",
        Text,
        Computed(
            "public.open311_fold(description || ' ' || address || ' ' || coalesce(status_notes, ''))",
            persisted=True,
        ),
    ),
    CheckConstraint("status in ('open', 'closed')", name="status_is_known"),
    CheckConstraint("visibility in ('held', 'published', 'withheld', 'hidden')", name="visibility_is_known"),
    # The search relies on this to bound `requested_datetime` by `updated_before`.
    CheckConstraint("updated_datetime >= requested_datetime", name="updated_after_requested"),
)

_request = service_requests.c
_published = text("visibility = 'published'")
_newest = (_request.requested_datetime.desc(), _request.id.desc())


def _published_index(name: str, *columns: object, also: tuple[str, ...] = ()) -> Index:
    include = ["version", *also]
    return Index(name, *columns, postgresql_where=_published, postgresql_include=include)  # type: ignore[arg-type]


# What the filters read is in the index, too: it answers alone, however many rows it passes over.
_published_index(
    "service_requests_newest",
    _request.jurisdiction_id,
    *_newest,
    also=("updated_datetime", "status", "service_code", "geom"),
)
_published_index(
    "service_requests_by_service",
    _request.jurisdiction_id,
    _request.service_code,
    *_newest,
    also=("status", "detailed_status", "updated_datetime", "geom"),
)
_published_index(
    "service_requests_by_status", _request.jurisdiction_id, _request.status, *_newest, also=("service_code",)
)
_published_index(
    "service_requests_by_detailed_status",
    _request.jurisdiction_id,
    _request.detailed_status,
    *_newest,
    also=("updated_datetime", "geom"),
)
# Places in cells of a hundred metres, each newest first.
_published_index(
    "service_requests_by_cell",
    _request.jurisdiction_id,
    func.open311_cell(_request.geom),
    *_newest,
    also=("status", "service_code", "geom"),
)
# What was updated lately is mostly listed by `requested_datetime`; with it, the index alone can tell.
_published_index(
    "service_requests_updated",
    _request.jurisdiction_id,
    _request.updated_datetime.desc(),
    _request.id.desc(),
    also=("requested_datetime",),
)
Index("service_requests_place", _request.geom, postgresql_using="gist", postgresql_where=_published)
Index(
    "service_requests_closed_lately",
    _request.jurisdiction_id,
    _request.closed_datetime,
    postgresql_where=text("status = 'closed' and visibility = 'published'"),
    postgresql_include=["geom", "service_code", "detailed_status"],
)
Index(
    "service_requests_open_place",
    _request.geom,
    postgresql_using="gist",
    postgresql_where=text("status = 'open' and visibility = 'published'"),
)
# Words, parts of words, and what is looked for beside them, above all blocks of time.
Index(
    "service_requests_words",
    _request.words,
    _request.folded,
    func.open311_tags(_request.service_code, _request.status, _request.requested_datetime, _request.geom),
    postgresql_using="gin",
    postgresql_ops={"folded": "gin_trgm_ops"},
    postgresql_where=_published,
)
# What was answered, such as the number of a lamp.
Index(
    "service_requests_answers",
    _request.attributes,
    postgresql_using="gin",
    postgresql_ops={"attributes": "jsonb_path_ops"},
    postgresql_where=text("visibility = 'published' and attributes <> '{}'"),
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
Index(
    "service_requests_unseen",
    _request.updated_datetime,
    postgresql_where=text("visibility in ('hidden', 'withheld')"),
)

# For staff, who look for what the public does not see.
Index(
    "service_requests_words_internal",
    _request.words,
    postgresql_using="gin",
    postgresql_where=text("visibility <> 'published'"),
)
Index(
    "service_requests_place_internal",
    _request.geom,
    postgresql_using="gist",
    postgresql_where=text("visibility in ('held', 'withheld')"),
)
Index("service_requests_children", _request.parent_id, postgresql_where=text("parent_id is not null"))

# How a request came in: internal, outlives the reporter's data.
submissions = Table(
    "submissions",
    metadata,
    Column("service_request_id", ForeignKey("service_requests.id", ondelete="CASCADE"), primary_key=True),
    Column("key_id", Integer),
    Column("client_request_id", Text),
    Column("address_unchecked", Boolean, nullable=False, server_default=text("false")),
    Column("attributes", JSONB, nullable=False, server_default=text("'{}'")),
    moment("received_datetime"),
    Index(
        "submissions_client_request",
        "key_id",
        "client_request_id",
        postgresql_where=text("client_request_id is not null"),
    ),
    # What retention has to look through.
    Index(
        "submissions_with_answers",
        "service_request_id",
        postgresql_where=text("attributes - 'fixmystreet_id' <> '{}'"),
    ),
)

# From where it was said that a report affects somebody, so that each device counts once; digests, kept for a month.
affected_devices = Table(
    "affected_devices",
    metadata,
    Column("service_request_id", ForeignKey("service_requests.id", ondelete="CASCADE"), primary_key=True),
    Column("device", Text(collation="C"), primary_key=True),
    Column("network", Text(collation="C"), nullable=False),
    moment("created_datetime"),
    Index("affected_devices_created", "created_datetime"),
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
Index("reporters_email", func.lower(reporters.c.email), postgresql_where=text("email is not null"))
Index(
    "reporters_phone",
    text("right(regexp_replace(phone, '[^0-9]', '', 'g'), 8)"),
    _table=reporters,
    postgresql_where=text("phone is not null"),
)

# Photos; their files lie in the media store under `key`. `update_id` is the update that a photo came with, if any.
# Once staff have blackened `boxes` of it, `key` is the new file and `original_key` the one that was sent, kept until
# `original_until`; `suggested` is what a program would blacken. `dhash` is alike for pictures that look alike; `alt`
# says in words what is on it.
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
    moment("created_datetime"),
    Column("update_id", BigInteger),
    Column("original_key", Text(collation="C"), unique=True),
    moment("original_until", nullable=True),
    Column("boxes", JSONB),
    Column("suggested", JSONB),
    Column("dhash", BigInteger),
    Column("alt", Text),
    CheckConstraint("visibility in ('held', 'public', 'internal')", name="media_visibility_is_known"),
    UniqueConstraint("service_request_id", "position", name="media_position"),
    Index("media_original_until", "original_until", postgresql_where=text("original_until is not null")),
    Index("media_held", "service_request_id", postgresql_where=text("visibility = 'held'")),
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
    moment("accepted_datetime", nullable=True),
)
