"""What makes a report look like abuse: reasons for the staff who check it and decide; nothing follows by itself."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple

from sqlalchemy import Connection, text

# So many reports before a report are compared with it word by word.
COMPARED = 500
SHORTEST_SAME = 20
MANY_A_DAY = 3
MANY_LINKS = 2
LINK = re.compile(r"https?://|www\.", re.IGNORECASE)


class Suspicion(StrEnum):
    """Why somebody may want to look twice."""

    BLOCKED = "blocked"
    MANY = "many"
    SAME_WORDS = "same_words"
    LINKS = "links"


class Reason(NamedTuple):
    """A suspicion, and how many of it there are."""

    kind: Suspicion
    number: int


# Each report is compared with those that came shortly before it, by their numbers.
_FOUND = text("""
    select r.id, r.description,
        exists (
            select from blocked_senders b
            where b.jurisdiction_id = r.jurisdiction_id and b.ends_datetime > :now and (
                b.kind = 'email' and b.pattern = lower(p.email)
                or b.kind = 'domain' and b.pattern = split_part(lower(p.email), '@', 2)
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


def of_requests(conn: Connection, ids: Sequence[int], now: datetime) -> Mapping[int, Sequence[Reason]]:
    """The reasons by report; reports without any are left out."""
    parameters = {"ids": list(ids), "now": now, "compared": COMPARED, "shortest": SHORTEST_SAME}
    by_request = {row.id: _reasons(row) for row in conn.execute(_FOUND, parameters)} if ids else {}
    return {number: reasons for number, reasons in by_request.items() if reasons}


def _reasons(row: Any) -> list[Reason]:
    links = len(LINK.findall(row.description))
    reasons = (
        (Suspicion.BLOCKED, int(row.blocked), 1),
        (Suspicion.MANY, row.many, MANY_A_DAY),
        (Suspicion.SAME_WORDS, row.same, 1),
        (Suspicion.LINKS, links, MANY_LINKS),
    )
    return [Reason(kind, count) for kind, count, least in reasons if count >= least]
