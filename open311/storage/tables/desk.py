"""What staff keep beside a report. Internal: no public query joins these tables; all goes when the report is erased."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Identity,
    Index,
    Integer,
    SmallInteger,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TSVECTOR
from sqlalchemy.schema import FetchedValue

from open311.storage.tables.base import metadata, moment, request_id, text_array

# One row a report, made with it. Whatever staff do without the public seeing it is written here alone, so that it
# neither moves `updated_datetime` nor makes an answer stale. `stage` follows from the rest, by `model.cases.stage`.
# `assignee_id` and `taken_in_by` have no foreign key: a name that is forgotten leaves a number that says nothing.
cases = Table(
    "cases",
    metadata,
    request_id(primary=True),
    Column("jurisdiction_id", Text(collation="C"), nullable=False),
    Column("service_code", Text(collation="C"), nullable=False),
    Column("stage", Text(collation="C"), nullable=False),
    Column("revision", Integer, nullable=False, server_default=text("1")),
    Column("unit", Text(collation="C")),
    text_array("former_units"),
    Column("assignee_id", BigInteger),
    Column("taken_in_by", BigInteger),
    Column("priority", SmallInteger, nullable=False, server_default=text("0")),
    text_array("flags"),
    text_array("areas"),
    text_array("awaits"),
    moment("received_datetime"),
    moment("touched_datetime"),
    moment("checked_datetime", nullable=True),
    moment("accepted_datetime", nullable=True),
    moment("first_answer_datetime", nullable=True),
    moment("check_by", nullable=True),
    moment("accept_by", nullable=True),
    moment("due_datetime", nullable=True),
    Column("resume_date", Date),
    moment("paused_since", nullable=True),
    Column("paused_seconds", Integer, nullable=False, server_default=text("0")),
    Column("declined", SmallInteger, nullable=False, server_default=text("0")),
    Column("reopened", SmallInteger, nullable=False, server_default=text("0")),
    # How it came to its unit, deadline and priority: `model.cases.Route`.
    Column("route", JSONB, nullable=False, server_default=text("'{}'")),
    CheckConstraint(
        "stage in ('check', 'accept', 'work', 'waiting', 'outside', 'done')", name="stage_is_known"
    ),
)

_case = cases.c
_open = text("stage <> 'done'")
Index(
    "cases_stage",
    _case.jurisdiction_id,
    _case.stage,
    _case.received_datetime,
    _case.service_request_id,
    postgresql_where=_open,
)
# Read by a lateral join, one branch a unit: sorting what several units have takes twenty times as long.
Index(
    "cases_unit",
    _case.jurisdiction_id,
    _case.unit,
    _case.priority.desc(),
    _case.due_datetime,
    _case.service_request_id,
    postgresql_where=_open,
)
Index("cases_mine", _case.assignee_id, _case.due_datetime, _case.service_request_id, postgresql_where=_open)
# Of all units together, the most urgent first.
Index(
    "cases_urgent",
    _case.jurisdiction_id,
    _case.priority.desc(),
    _case.due_datetime,
    _case.service_request_id,
    postgresql_where=_open,
)
Index(
    "cases_due", _case.jurisdiction_id, _case.due_datetime, _case.service_request_id, postgresql_where=_open
)
Index(
    "cases_awaits",
    _case.jurisdiction_id,
    _case.touched_datetime,
    _case.service_request_id,
    postgresql_where=text("awaits <> '{}'"),
)
Index("cases_resume", _case.resume_date, postgresql_where=text("resume_date is not null"))
Index(
    "cases_counts",
    _case.jurisdiction_id,
    _case.stage,
    _case.unit,
    postgresql_where=_open,
    postgresql_include=["due_datetime", "check_by", "accept_by", "paused_since"],
)
Index(
    "cases_newest",
    _case.jurisdiction_id,
    _case.received_datetime.desc(),
    _case.service_request_id.desc(),
    postgresql_include=["stage", "unit", "service_code"],
)
# Few cases have a flag or a person, but among all that are done they would be looked for one by one.
Index("cases_flags", _case.flags, postgresql_using="gin", postgresql_where=text("flags <> '{}'"))
Index(
    "cases_of_person",
    _case.assignee_id,
    _case.received_datetime.desc(),
    _case.service_request_id.desc(),
    postgresql_where=text("assignee_id is not null"),
)
# What lies untouched for longest; among all that is done it would be looked for one by one.
Index(
    "cases_dormant",
    _case.jurisdiction_id,
    _case.touched_datetime,
    _case.service_request_id,
    postgresql_where=_open,
)
Index("cases_touched", _case.jurisdiction_id, _case.touched_datetime.desc(), _case.service_request_id.desc())

case_notes = Table(
    "case_notes",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    request_id(),
    Column("author", Text, nullable=False),
    Column("text", Text, nullable=False),
    # Whoever is named in it may ask for it.
    Column("about_person", Boolean, nullable=False, server_default=text("false")),
    moment("created_datetime"),
    moment("edited_datetime", nullable=True),
    Column("words", TSVECTOR, FetchedValue()),
    Index("case_notes_of_request", "service_request_id", "id"),
    Index("case_notes_words", "words", postgresql_using="gin"),
)

# Colleagues who are named in a note and have not read it yet; a line goes when they have, so nobody sees when.
case_mentions = Table(
    "case_mentions",
    metadata,
    Column("note_id", ForeignKey("case_notes.id", ondelete="CASCADE"), primary_key=True),
    Column("account_id", ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True),
    Index("case_mentions_of_account", "account_id"),
)

# What was written before staff changed it. Without an end while the report is open.
case_originals = Table(
    "case_originals",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    request_id(),
    Column("field", Text(collation="C"), nullable=False),
    Column("text", Text, nullable=False),
    moment("replaced_datetime"),
    moment("until_datetime", nullable=True),
    Index("case_originals_of_request", "service_request_id", "id"),
    Index("case_originals_until", "until_datetime", postgresql_where=text("until_datetime is not null")),
)

# A question to the reporter, under the digest of the word in the link that they got.
case_questions = Table(
    "case_questions",
    metadata,
    Column("digest", Text(collation="C"), primary_key=True),
    request_id(),
    Column("event_id", BigInteger, nullable=False),
    moment("asked_datetime"),
    moment("ends_datetime"),
    moment("answered_datetime", nullable=True),
    Index("case_questions_of_request", "service_request_id"),
)

# What the last act of a case would have to put back; gone minutes later.
case_undo = Table(
    "case_undo",
    metadata,
    request_id(primary=True),
    Column("actor", Text, nullable=False),
    Column("revision", Integer, nullable=False),
    moment("until_datetime"),
    Column("events", ARRAY(BigInteger), nullable=False),
    Column("before", JSONB, nullable=False),
    Index("case_undo_until", "until_datetime"),
)

# Who looks at a report just now. Nobody may be watched by it: it lives for minutes, in no backup and no log.
case_presence = Table(
    "case_presence",
    metadata,
    request_id(primary=True),
    Column("actor", Text, nullable=False),
    moment("until_datetime"),
    prefixes=["UNLOGGED"],
)
