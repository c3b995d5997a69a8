"""Figures for monitoring, read in one pass: how much waits, and how much was done."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, text

_JOBS = text("""
    select queue_name, case when status = 'todo' and attempts > 0 then 'retrying' when status = 'todo' then 'waiting'
                            when status = 'doing' then 'running' else 'failed' end as state,
        count(*), coalesce(extract(epoch from now() - min((
            select min(at) from procrastinate_events where job_id = job.id and type = 'deferred'
        ))), 0)::double precision
    from procrastinate_jobs as job where status in ('todo', 'doing', 'failed') group by 1, 2
""")
_STATES = text("""
    select 'webhook' as kind, state, count(*) from webhook_messages group by 2
    union all select 'forward', state, count(*) from forwards group by 2
    union all select 'mail', case when sent_datetime is null then 'ordered' else 'sent' end, count(*)
        from mail_messages group by 2
    union all select 'subscription', state, count(*) from webhook_subscriptions group by 2
    union all select 'inbox_mail', state, count(*) from inbox group by 2
    union all select 'lost_mail', state, count(*) from sent_mails where state <> 'sent' group by 2
""")
_MAILBOXES = text("""
    select name, extract(epoch from now() - read_datetime)::double precision,
        extract(epoch from now() - failing_since)::double precision, problem, skipped
    from mailboxes order by name
""")
# A worker that was killed leaves its row behind, so a heartbeat counts, not the row.
_WORKERS = text("""
    select count(*), extract(epoch from now() - max(last_heartbeat))::double precision from procrastinate_workers
    where last_heartbeat > now() - interval '1 minute'
""")
# Only who may see all sessions sees those of the replicas; others see none.
_REPLICAS = text("""
    select application_name, coalesce(extract(epoch from replay_lag), 0)::double precision from pg_stat_replication
    where state is not null
""")


@dataclass(frozen=True, slots=True)
class Jobs:
    """How many jobs of a queue are in a state, and for how many seconds the oldest has been there."""

    queue: str
    state: str
    count: int
    oldest: float


@dataclass(frozen=True, slots=True)
class Count:
    """How many of a kind are in a state."""

    kind: str
    state: str
    count: int


@dataclass(frozen=True, slots=True)
class MailboxFigures:
    """How many seconds ago a mailbox was last read, and since when it cannot be; None for never and for not at all.

    `skipped` mails were left lying there, because there were too many.
    """

    name: str
    read: float | None
    failing: float | None
    problem: str | None
    skipped: int


@dataclass(frozen=True, slots=True)
class Figures:
    """`heartbeat` is how many seconds ago a worker last gave a sign of life; None when none did lately."""

    jobs: Sequence[Jobs]
    counts: Sequence[Count]
    workers: int
    heartbeat: float | None
    replicas: Sequence[tuple[str, float]]
    mailboxes: Sequence[MailboxFigures] = ()

    def jobs_in(self, queue: str, *states: str) -> int:
        return sum(jobs.count for jobs in self.jobs if jobs.queue == queue and jobs.state in states)


def read(conn: Connection) -> Figures:
    workers: Any = conn.execute(_WORKERS).one()
    return Figures(
        jobs=[Jobs(*row) for row in conn.execute(_JOBS)],
        counts=[Count(*row) for row in conn.execute(_STATES)],
        workers=workers[0],
        heartbeat=workers[1],
        replicas=[(name, lag) for name, lag in conn.execute(_REPLICAS)],
        mailboxes=[MailboxFigures(*row) for row in conn.execute(_MAILBOXES)],
    )
