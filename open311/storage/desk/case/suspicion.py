"""What makes a report look like abuse: reasons for the staff who check it and decide; nothing follows by itself."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple

from sqlalchemy import Connection, text

from open311.model.desk.suspicious import Suspicious

# So many reports before a report are compared with it word by word.
COMPARED = 500
SHORTEST_SAME = 20
MANY_A_DAY = 3
MANY_LINKS = 2


class Suspicion(StrEnum):
    """Why somebody may want to look twice."""

    BLOCKED = "blocked"
    MANY = "many"
    SAME_WORDS = "same_words"
    LINKS = "links"
    WORDS = "words"


class Reason(NamedTuple):
    """A suspicion, and how many of it there are."""

    kind: Suspicion
    number: int


# Each report is compared with those that came shortly before it, by their numbers.
_FOUND = text("""
    select r.id, r.jurisdiction_id, r.description, r.title,
        exists (
            select from blocked_senders b
            where b.jurisdiction_id = r.jurisdiction_id and b.ends_datetime > :now and (
                b.kind = 'email' and b.pattern = lower(p.email)
                or b.kind = 'domain' and b.pattern = split_part(lower(p.email), '@', 2)
                or b.kind = 'key' and b.pattern = (
                    select k.name from submissions s join keys k on k.id = s.key_id
                    where s.service_request_id = r.id
                )
                or b.kind = 'phone' and b.pattern = right(regexp_replace(p.phone, '[^0-9]', '', 'g'), 8)
            )
        ) as blocked,
        (
            select count(*) from (
                select from reporters q join service_requests s on s.id = q.service_request_id
                where p.email is not null and q.email is not null and lower(q.email) = lower(p.email)
                    and s.jurisdiction_id = r.jurisdiction_id
                    and s.requested_datetime between r.requested_datetime - interval '1 day'
                        and r.requested_datetime + interval '1 day'
                limit 100
            ) as theirs
        ) as many,
        (
            select count(*) from service_requests s
            where s.id between r.id - :compared and r.id - 1 and s.jurisdiction_id = r.jurisdiction_id
                and length(r.description) >= :shortest and s.description = r.description
        ) as same
    from service_requests r left join reporters p on p.service_request_id = r.id
    where r.id = any(:ids)
""")


def of_requests(
    conn: Connection, ids: Sequence[int], now: datetime, suspicious_of: Callable[[str], Suspicious]
) -> Mapping[int, Sequence[Reason]]:
    """The reasons by report; reports without any are left out. `suspicious_of`: what a jurisdiction looks for."""
    parameters = {"ids": list(ids), "now": now, "compared": COMPARED, "shortest": SHORTEST_SAME}
    rows = conn.execute(_FOUND, parameters) if ids else ()
    by_request = {row.id: _reasons(row, suspicious_of(row.jurisdiction_id)) for row in rows}
    return {number: reasons for number, reasons in by_request.items() if reasons}


def _reasons(row: Any, suspicious: Suspicious) -> list[Reason]:
    words = f"{row.title or ''}\n{row.description}"
    reasons = (
        (Suspicion.BLOCKED, int(row.blocked), 1),
        (Suspicion.MANY, row.many, MANY_A_DAY),
        (Suspicion.SAME_WORDS, row.same, 1),
        (Suspicion.LINKS, suspicious.count_links(words), MANY_LINKS),
        (Suspicion.WORDS, suspicious.count_words(words), 1),
    )
    return [Reason(kind, count) for kind, count, least in reasons if count >= least]
