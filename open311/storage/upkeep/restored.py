"""What a restored database must not do again, and numbers that it must not give out again."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, text

# Reports that were to be handed on are still read: better looked for twice than forgotten.
_READERS = text("""
    update stream_readers set source = instance.source, xid = instance.horizon, number = 0, floor = instance.floor
    from instance where name <> 'forward'
""")
# Whoever a mail goes to; `outside` is where the release before put them.
_MAILS = text("""
    update procrastinate_jobs set status = 'failed'
    where status in ('todo', 'doing') and queue_name in ('mail', 'outside')
""")
# A session or token that was ended after the backup must not be alive again; whoever had one gets another.
_SESSIONS = tuple(text(f"delete from {table}") for table in ("sessions", "account_links", "account_tokens"))
# What goes out by day or week, and what staff are still to be told: they had it after the backup, too.
_REGULAR = tuple(
    text(statement)
    for statement in (
        "update alerts set sent_datetime = greatest(sent_datetime, :now) where confirmed_datetime is not null",
        "delete from staff_notices",
        "update account_digests set day = greatest(day, cast(:now as date))",
        """insert into unit_digests (jurisdiction_id, unit, day, sent_datetime)
           select distinct jurisdiction_id, unit, cast(:now as date), cast(:now as timestamptz) from unit_digests
           on conflict (jurisdiction_id, unit, day) do update set sent_datetime = excluded.sent_datetime""",
    )
)
_MESSAGES = text("update webhook_messages set state = 'skipped' where state = 'waiting'")
# Nobody can say whether they went out after the backup, so each is looked for at the other server first.
_FORWARDS = text("""
    update forwards set state = 'sending', attempts = greatest(attempts, 1), sent_datetime = created_datetime
    where state = 'waiting'
""")
# Receivers know a message by tag and number; a number that is given out again must not look like a repetition.
_TAGS = text(
    "update webhook_subscriptions set tag = left(md5(tag || gen_random_uuid()::text), greatest(length(tag), 12))"
)
_ADVANCE = text("""
    select setval(format('%I.%I', schemaname, sequencename)::regclass, coalesce(last_value, start_value) + :by)
    from pg_sequences
    where schemaname = 'public' and sequencename !~ '^procrastinate_'
        and (sequencename = 'service_requests_id_seq') = :of_reports and data_type = 'bigint'::regtype
""")
# Reports are spoken of by their numbers, so fewer of those are left out.
OF_REPORTS, OF_THE_REST = 1000, 100_000


@dataclass(frozen=True, slots=True)
class Skipped:
    """What will not be sent: so many mails, so many messages of webhooks."""

    mails: int
    messages: int


def skip_the_old(conn: Connection, now: datetime) -> Skipped:
    """Leave unsent whatever waits: it was probably sent after the backup was made."""
    conn.execute(_READERS)
    conn.execute(_FORWARDS)
    conn.execute(_TAGS)
    for statement in _SESSIONS:
        conn.execute(statement)
    for statement in _REGULAR:
        conn.execute(statement, {"now": now} if ":now" in statement.text else {})
    return Skipped(conn.execute(_MAILS).rowcount, conn.execute(_MESSAGES).rowcount)


def leave_out_numbers(conn: Connection) -> None:
    """Go on far beyond the numbers that were given out after the backup, so that none means two things."""
    for of_reports, by in ((True, OF_REPORTS), (False, OF_THE_REST)):
        conn.execute(_ADVANCE, {"of_reports": of_reports, "by": by})
