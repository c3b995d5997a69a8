"""Mail that came in, and senders who are held back."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Double,
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
from sqlalchemy.dialects.postgresql import ARRAY

from open311.storage.tables.base import metadata, moment

# How far each mailbox has been read. A uid means something only under its uidvalidity (RFC 9051, 2.3.1.1). `skipped`
# counts the mails that were left lying since `skipped_since`, because there were too many.
mailboxes = Table(
    "mailboxes",
    metadata,
    Column("name", Text(collation="C"), primary_key=True),
    Column("uidvalidity", BigInteger, nullable=False),
    Column("uid", BigInteger, nullable=False),
    moment("read_datetime", nullable=True),
    moment("failing_since", nullable=True),
    Column("problem", Text),
    Column("skipped", Integer, nullable=False, server_default=text("0")),
    moment("skipped_since", nullable=True),
)

# A mail that came in, once: `digest` is the same for every copy of it. Personal data; emptied some time after it was
# decided about, and kept a while longer, so that it is not fetched again.
inbox = Table(
    "inbox",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("jurisdiction_id", Text(collation="C"), nullable=False),
    Column("digest", Text(collation="C"), nullable=False),
    Column("state", Text(collation="C"), nullable=False),
    moment("received_datetime"),
    moment("decided_datetime", nullable=True),
    Column("from_address", Text, nullable=False, server_default=""),
    Column("from_name", Text, nullable=False, server_default=""),
    Column("subject", Text, nullable=False, server_default=""),
    Column("text", Text, nullable=False, server_default=""),
    Column("rest", Text, nullable=False, server_default=""),
    Column("left_out", ARRAY(Text), nullable=False, server_default=text("'{}'")),
    Column("problem", Text(collation="C")),
    # Where a photo was taken, as its file said: to be offered for the report, and gone once it is decided about.
    Column("lat", Double),
    Column("long", Double),
    # Which report it seems to be about, though its sender is not the one we wrote to.
    Column("about_id", ForeignKey("service_requests.id", ondelete="SET NULL")),
    Column("service_request_id", ForeignKey("service_requests.id", ondelete="SET NULL")),
    CheckConstraint(
        "state in ('new', 'linked', 'reported', 'automatic', 'spam')", name="state_of_mail_is_known"
    ),
    UniqueConstraint("jurisdiction_id", "digest", name="inbox_once"),
)
Index("inbox_in_order", inbox.c.jurisdiction_id, inbox.c.state, inbox.c.id)
Index("inbox_of_request", inbox.c.service_request_id)
Index("inbox_about", inbox.c.about_id)
Index("inbox_by_sender", func.lower(inbox.c.from_address))

inbox_photos = Table(
    "inbox_photos",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("inbox_id", ForeignKey("inbox.id", ondelete="CASCADE"), nullable=False),
    Column("key", Text(collation="C"), nullable=False, unique=True),
    Column("media_type", Text(collation="C"), nullable=False),
    Column("bytes", Integer, nullable=False),
    Column("width", Integer, nullable=False),
    Column("height", Integer, nullable=False),
    Column("sha256", Text(collation="C"), nullable=False),
    Index("inbox_photos_of_mail", "inbox_id"),
)

# Whose reports are held back, and whose mails are put aside.
blocked_senders = Table(
    "blocked_senders",
    metadata,
    Column("id", Integer, Identity(always=True), primary_key=True),
    Column("jurisdiction_id", Text(collation="C"), nullable=False),
    Column("kind", Text(collation="C"), nullable=False),
    Column("pattern", Text(collation="C"), nullable=False),
    Column("reason", Text, nullable=False),
    Column("actor", Text, nullable=False),
    moment("created_datetime"),
    moment("ends_datetime"),
    CheckConstraint("kind in ('email', 'domain', 'phone', 'key')", name="kind_of_sender_is_known"),
    UniqueConstraint("jurisdiction_id", "kind", "pattern", name="blocked_senders_once"),
)
