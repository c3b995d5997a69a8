"""What the public site keeps: reports being written, who follows which report."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
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
from sqlalchemy.dialects.postgresql import JSONB

from open311.storage.tables.base import metadata, moment

# A report that somebody is writing, under the digest of a word that only they have. Personal data, gone after a day.
# Once it was sent, `service_request_id` says what became of it, and the rest is empty.
drafts = Table(
    "drafts",
    metadata,
    Column("digest", Text(collation="C"), primary_key=True),
    Column("jurisdiction_id", Text(collation="C"), nullable=False),
    Column("secret", Text(collation="C"), nullable=False),
    Column("state", JSONB, nullable=False),
    Column("service_request_id", BigInteger),
    # The digest of the network it was begun from, so that one network cannot begin any number of them.
    # Servers of 0.1.0 do not name it.
    Column("network", Text(collation="C"), nullable=False, server_default=""),
    moment("created_datetime"),
    moment("touched_datetime"),
    Index("drafts_touched", "touched_datetime"),
    Index("drafts_of_network", "network", "created_datetime"),
)

draft_photos = Table(
    "draft_photos",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("digest", ForeignKey("drafts.digest", ondelete="CASCADE"), nullable=False),
    Column("key", Text(collation="C"), nullable=False, unique=True),
    Column("media_type", Text, nullable=False),
    Column("bytes", Integer, nullable=False),
    Column("width", Integer, nullable=False),
    Column("height", Integer, nullable=False),
    Column("sha256", Text(collation="C"), nullable=False),
    # The same photo chosen twice is one photo.
    UniqueConstraint("digest", "sha256", name="draft_photos_once"),
)

# Who wants to hear of a report by mail. Personal data.
followers = Table(
    "followers",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("service_request_id", ForeignKey("service_requests.id", ondelete="CASCADE"), nullable=False),
    Column("email", Text, nullable=False),
    Column("language", Text(collation="C"), nullable=False),
    moment("created_datetime"),
    moment("asked_datetime"),
    moment("confirmed_datetime", nullable=True),
    # Who sent the report hears what becomes of it also when the public does not.
    Column("is_reporter", Boolean, nullable=False, server_default=text("false")),
    # Of 0.1.0, whose servers go on beside this release; opens nothing here, and goes with the release after this one.
    Column(
        "token",
        Text(collation="C"),
        nullable=False,
        unique=True,
        server_default=text("gen_random_uuid()::text"),
    ),
    UniqueConstraint("service_request_id", "email", name="followers_once"),
    Index("followers_by_email", "email"),
)

# A mail to a follower for each event that concerns them, never two.
mail_messages = Table(
    "mail_messages",
    metadata,
    Column("follower_id", ForeignKey("followers.id", ondelete="CASCADE"), primary_key=True),
    Column("event_id", BigInteger, primary_key=True, autoincrement=False),
    Column("created_datetime", DateTime(timezone=True), nullable=False, server_default=text("now()")),
    moment("sent_datetime", nullable=True),
    Index("mail_messages_created", "created_datetime"),
)

# A mail about a report that the mail server was asked to take: without a follower, it went to the reporter,
# or to whom its `kind` says. Answers and mails that come back name its `message_id`. Personal data.
sent_mails = Table(
    "sent_mails",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("service_request_id", ForeignKey("service_requests.id", ondelete="CASCADE"), nullable=False),
    Column("event_id", BigInteger),
    Column("kind", Text(collation="C"), nullable=False, server_default="news"),
    Column("follower_id", ForeignKey("followers.id", ondelete="CASCADE")),
    Column("message_id", Text(collation="C"), nullable=False, unique=True),
    Column("state", Text(collation="C"), nullable=False),
    Column("problem", Text),
    moment("sent_datetime"),
    # Whom it went to, and the token in the address for answers; of both the digest alone.
    Column("address_digest", Text(collation="C")),
    Column("token_digest", Text(collation="C"), unique=True),
    CheckConstraint("state in ('sent', 'refused', 'bounced')", name="sent_mail_state_is_known"),
    Index("sent_mails_of_request", "service_request_id"),
    Index("sent_mails_of_follower", "follower_id"),
    Index("sent_mails_sent", "sent_datetime"),
    Index("sent_mails_of_address", "address_digest", postgresql_where=text("address_digest is not null")),
    Index("sent_mails_failed", "sent_datetime", postgresql_where=text("state <> 'sent'")),
)

# Every link in a mail that opens something, under the digest of a token that is in the mail alone. `purpose` says
# Who wants to hear of new reports around a point, in an area, or in the whole city. Personal data.
alerts = Table(
    "alerts",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("jurisdiction_id", Text(collation="C"), nullable=False),
    Column("email", Text, nullable=False),
    Column("language", Text(collation="C"), nullable=False),
    Column("place", Text, nullable=False),
    Column("lat", Double),
    Column("long", Double),
    Column("radius", Integer),
    Column("area", Text(collation="C")),
    Column("service_code", Text(collation="C")),
    Column("weekly", Boolean, nullable=False),
    moment("created_datetime"),
    moment("confirmed_datetime", nullable=True),
    moment("sent_datetime", nullable=True),
)
Index("alerts_by_email", func.lower(alerts.c.email))
Index("alerts_due", alerts.c.sent_datetime, postgresql_where=alerts.c.confirmed_datetime.isnot(None))

# what it opens; without a digest the mail is still to be sent. Personal data.
mail_links = Table(
    "mail_links",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("digest", Text(collation="C"), unique=True),
    Column("purpose", Text(collation="C"), nullable=False),
    Column("jurisdiction_id", Text(collation="C"), nullable=False),
    Column("language", Text(collation="C"), nullable=False),
    Column("email", Text),
    Column("follower_id", ForeignKey("followers.id", ondelete="CASCADE")),
    moment("created_datetime"),
    moment("expires_datetime"),
    Column("alert_id", ForeignKey("alerts.id", ondelete="CASCADE")),
    CheckConstraint("(email is null) <> (follower_id is null)", name="mail_link_belongs_to_one"),
    Index("mail_links_expire", "expires_datetime"),
    Index("mail_links_of_follower", "follower_id"),
    Index("mail_links_of_alert", "alert_id", postgresql_where=text("alert_id is not null")),
)
Index(
    "mail_links_of_mailbox", func.lower(mail_links.c.email), postgresql_where=mail_links.c.email.isnot(None)
)

# Mails that strangers have asked for, so that nobody can flood a mailbox: digests alone, gone after a day.
mail_requests = Table(
    "mail_requests",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("mailbox", Text(collation="C"), nullable=False),
    Column("network", Text(collation="C"), nullable=False),
    Column("origin", Text(collation="C"), nullable=False),
    Column("purpose", Text(collation="C"), nullable=False),
    moment("datetime"),
    Index("mail_requests_to_mailbox", "mailbox", "datetime"),
    Index("mail_requests_of_network", "network", "datetime"),
    Index("mail_requests_of_origin", "origin", "datetime"),
    Index("mail_requests_lately", "datetime"),
)
