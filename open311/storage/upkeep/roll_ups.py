"""What roll-ups have in common: they are counted anew in one transaction, and say up to which event they were."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Table, func, select, text
from sqlalchemy.dialects.postgresql import insert

# Up to which event, and when, was added up.
Run = tuple[int, datetime]


@dataclass(frozen=True, slots=True)
class RollUp:
    """The table of its runs, by jurisdiction, and the number of its advisory lock."""

    runs: Table
    lock: int

    def last_run(self, conn: Connection, jurisdiction_id: str) -> Run | None:
        """Up to which event, and when, was added up."""
        columns = self.runs.c
        query = select(columns.event_id, columns.run_datetime)
        row = conn.execute(query.where(columns.jurisdiction_id == jurisdiction_id)).one_or_none()
        return (row.event_id, row.run_datetime) if row else None

    @contextmanager
    def running(self, conn: Connection, jurisdiction_id: str, run: Run) -> Iterator[None]:
        """Within the block all is counted anew; readers see the former figures until the transaction ends."""
        # Of ten million reports it takes minutes.
        conn.execute(text("set local statement_timeout = 0"))
        # Two that add up at once would wait for each other's rows, or each leave their own.
        conn.execute(select(func.pg_advisory_xact_lock(self.lock, func.hashtext(jurisdiction_id))))
        yield
        event_id, run_datetime = run
        values = {"jurisdiction_id": jurisdiction_id, "event_id": event_id, "run_datetime": run_datetime}
        keep = insert(self.runs).values(**values)
        conn.execute(keep.on_conflict_do_update(index_elements=[self.runs.c.jurisdiction_id], set_=values))
