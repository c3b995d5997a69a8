"""The staff: accounts and what opens them, roles, sessions, the log of what must be accounted for."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from open311.storage.tables.base import metadata, moment

# Personal data of employees. Nothing here tells when or how much somebody works; see docs/personalrat.md.
accounts = Table(
    "accounts",
    metadata,
    Column("id", Integer, Identity(always=True), primary_key=True),
    Column("name", Text, nullable=False),
    Column("email", Text, nullable=False),
    Column("language", Text(collation="C"), nullable=False),
    Column("state", Text(collation="C"), nullable=False),
    CheckConstraint("state in ('invited', 'active', 'left')", name="account_state_is_known"),
    Column("password_hash", Text(collation="C")),
    # Sealed with a key that is not in the database. `totp_step` is the last one used, so that no code counts twice.
    Column("totp_secret", Text(collation="C")),
    Column("totp_step", BigInteger),
    Column("prefs", JSONB, nullable=False, server_default=text("'{}'")),
    moment("created_datetime"),
    moment("ends_datetime", nullable=True),
    moment("left_datetime", nullable=True),
    # What the city's identity provider calls its owner; the mail address never makes an account somebody's.
    Column("issuer", Text(collation="C")),
    Column("subject", Text(collation="C")),
    Index("accounts_subject", "issuer", "subject", unique=True, postgresql_where=text("subject is not null")),
)
Index("accounts_email", func.lower(accounts.c.email), unique=True)

# One-time links, for a beginning or a forgotten password; one an account.
account_links = Table(
    "account_links",
    metadata,
    Column("account_id", ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True),
    Column("digest", Text(collation="C"), nullable=False, unique=True),
    Column("kind", Text(collation="C"), nullable=False),
    CheckConstraint("kind in ('invite', 'reset')", name="link_kind_is_known"),
    moment("ends_datetime"),
)

# Recovery codes that were not used yet.
account_codes = Table(
    "account_codes",
    metadata,
    Column("account_id", ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True),
    Column("digest", Text(collation="C"), primary_key=True),
)

# Public keys of devices that somebody signs in with; they open nothing by themselves. `challenge` is the place of the
# last one answered in the order of all, so that no answer counts twice.
account_passkeys = Table(
    "account_passkeys",
    metadata,
    Column("id", Integer, Identity(always=True), primary_key=True),
    Column("account_id", ForeignKey("accounts.id", ondelete="CASCADE"), nullable=False),
    Column("credential_id", LargeBinary, nullable=False, unique=True),
    Column("public_key", LargeBinary, nullable=False),
    Column("sign_count", BigInteger, nullable=False),
    Column("challenge", BigInteger, nullable=False, server_default=text("0")),
    Column("name", Text, nullable=False),
    moment("created_datetime"),
    Index("account_passkeys_of_account", "account_id"),
)

# What programs of somebody's carry at the interface of the desk; nothing says when one was used.
account_tokens = Table(
    "account_tokens",
    metadata,
    Column("id", Integer, Identity(always=True), primary_key=True),
    Column("account_id", ForeignKey("accounts.id", ondelete="CASCADE"), nullable=False),
    Column("digest", Text(collation="C"), nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("rights", ARRAY(Text(collation="C")), nullable=False),
    moment("created_datetime"),
    moment("ends_datetime"),
    Index("account_tokens_of_account", "account_id"),
)

# What was answered under an Idempotency-Key, for a day; empty while the first one is still at work.
idempotency_keys = Table(
    "idempotency_keys",
    metadata,
    Column("account_id", ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True),
    Column("key", Text(collation="C"), primary_key=True),
    Column("request_digest", Text(collation="C"), nullable=False),
    Column("answer", JSONB),
    moment("created_datetime"),
    Index("idempotency_keys_created", "created_datetime"),
)

memberships = Table(
    "memberships",
    metadata,
    Column("id", Integer, Identity(always=True), primary_key=True),
    Column("account_id", ForeignKey("accounts.id", ondelete="CASCADE"), nullable=False),
    Column("jurisdiction_id", Text(collation="C"), nullable=False),
    Column("role", Text(collation="C"), nullable=False),
    # Null means all.
    Column("units", ARRAY(Text(collation="C"))),
    Column("services", ARRAY(Text(collation="C"))),
    Column("areas", ARRAY(Text(collation="C"))),
    Column("source", Text(collation="C"), nullable=False),
    moment("ends_datetime", nullable=True),
    Index("memberships_of_account", "account_id"),
)

# Browsers that are signed in, under the digest of the cookie. No address, no path, no clicks.
sessions = Table(
    "sessions",
    metadata,
    Column("digest", Text(collation="C"), primary_key=True),
    Column("id", BigInteger, Identity(always=True), nullable=False, unique=True),
    Column("account_id", ForeignKey("accounts.id", ondelete="CASCADE"), nullable=False),
    Column("stage", Text(collation="C"), nullable=False),
    CheckConstraint("stage in ('code', 'enrol', 'full')", name="session_stage_is_known"),
    Column("client", Text, nullable=False),
    moment("created_datetime"),
    moment("seen_datetime"),
    moment("ends_datetime"),
    moment("confirmed_datetime", nullable=True),
    Index("sessions_of_account", "account_id"),
    Index("sessions_ends", "ends_datetime"),
)

# How often somebody guessed wrong, by a keyed digest of who or from where. Unlogged: lost in a crash, and no harm.
sign_in_brakes = Table(
    "sign_in_brakes",
    metadata,
    Column("key", Text(collation="C"), primary_key=True),
    Column("failures", Integer, nullable=False),
    moment("until_datetime"),
    moment("touched_datetime"),
    prefixes=["UNLOGGED"],
)

# Each line carries the digest of the one before, so that none can be changed or left out unnoticed.
audit = Table(
    "audit",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    moment("datetime"),
    Column("actor", Text(collation="C")),
    Column("kind", Text(collation="C"), nullable=False),
    Column("subject", Text),
    Column("data", JSONB, nullable=False),
    Column("ip_prefix", Text(collation="C")),
    Column("previous", Text(collation="C"), nullable=False),
    Column("digest", Text(collation="C"), nullable=False),
    # What it said is forgotten; its place in the chain stays.
    Column("forgotten", Boolean, nullable=False, server_default=text("false")),
    Index("audit_datetime", "datetime"),
    Index("audit_actor", "actor", "id"),
)
