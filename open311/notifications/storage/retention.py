"""Which requests have been over for so long that nobody may be remembered with them, and how that is done."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, text

from open311.notifications.model.retention_terms import RetentionTerms
from open311.storage.mails import inbox
from open311.storage.upkeep import unpublished
from open311.storage.upkeep.unpublished import HAS_TEXT, NEEDED

_UNASKED = f"attributes - {NEEDED} <> '{{}}'"
_TERMS = """
    terms as (
        select * from unnest(cast(:owners as text[]), cast(:codes as text[]), cast(:days as integer[]))
            as t (jurisdiction_id, service_code, days)
    )
"""


def _over(request: str, terms: str) -> str:
    """SQL: whether a request is over for long enough."""
    days = f"coalesce({terms}.days, :closed_days)"
    return f"""(
        case when {request}.status = 'closed' or {request}.visibility = 'hidden'
        then {days} > 0 and coalesce({request}.closed_datetime, {request}.updated_datetime) < {_before(days)}
            and not {_undecided(request, _before(days))}
        else :open_days > 0 and {request}.updated_datetime < {_before(":open_days")}
            and not {_undecided(request, _before(":open_days"))}
        end
    )"""


def _before(days: str) -> str:
    return f"cast(:now as timestamptz) - make_interval(days => {days})"


def _undecided(request: str, since: str) -> str:
    """SQL: whether something waits that was sent about it: an update, or an objection, whose sender is owed a decision
    (Digital Services Act, Article 16, 5)."""
    return f"""exists (
        select from events sent where sent.service_request_id = {request}.id
            and sent.kind in ('objected', 'claimed') and sent.datetime >= {since} and not exists (
                select from events decision where decision.service_request_id = sent.service_request_id
                    and decision.claim_id = sent.id
            )
    )"""


def _join(alias: str, terms: str) -> str:
    same = (
        f"{terms}.jurisdiction_id = {alias}.jurisdiction_id and {terms}.service_code = {alias}.service_code"
    )
    return f"left join terms {terms} on {same}"


# Followers of a duplicate hear of the report that goes on, so a duplicate is over when that one is.
_DUE = text(f"""
    with {_TERMS}, about_people as (
        select service_request_id as id from reporters
        union select service_request_id from followers
        union select service_request_id from updaters
        union select service_request_id from submissions where {_UNASKED}
        union select service_request_id from events where {HAS_TEXT}
        union select service_request_id from media where visibility = 'internal' or original_key is not null
        union select service_request_id from case_notes where about_person
        union select service_request_id from case_originals
        union select service_request_id from orders where text <> ''
        union select service_request_id from ratings where text <> ''
    )
    select r.id from about_people join service_requests r using (id) {_join("r", "t")}
        left join service_requests p on p.id = r.parent_id {_join("p", "u")}
    where {_over("r", "t")} and (p.id is null or {_over("p", "u")})
    limit :most
""")
_HIDDEN_DUE = text(f"""
    with {_TERMS}
    select r.id from service_requests r {_join("r", "t")}
    where r.visibility in ('hidden', 'withheld') and {_over("r", "t")}
    order by r.updated_datetime limit :most
""")


def due(conn: Connection, terms: RetentionTerms, most: int) -> list[int]:
    """Requests that say something of people which nobody may know any more."""
    return list(conn.execute(_DUE, _parameters(terms, most)).scalars())


def hidden_due(conn: Connection, terms: RetentionTerms, most: int) -> list[int]:
    """Requests that the public does not see and nobody needs any more: hidden ones, and those that were refused."""
    return list(conn.execute(_HIDDEN_DUE, _parameters(terms, most)).scalars())


def _parameters(terms: RetentionTerms, most: int) -> dict[str, Any]:
    own = terms.of_services
    return {
        "owners": [owner for owner, _ in own],
        "codes": [code for _, code in own],
        "days": list(own.values()),
        "closed_days": terms.closed_days,
        "open_days": terms.open_days,
        "now": terms.now,
        "most": most,
    }


# Reasons that older releases wrote into events of other kinds may name people, too.
_BARE_REASONS = text("""
    update events set data = data - 'reason' where service_request_id = any(:requests) and data ? 'reason'
""")
_PEOPLE = [
    text(f"delete from {table} where service_request_id = any(:requests)")
    for table in ("reporters", "followers", "updaters")
]


def forget_people_of(conn: Connection, requests: Sequence[int]) -> list[str]:
    """Leave of these requests what everybody sees; returns the names of files that nobody needs any more."""
    if not requests:
        return []
    for statement in _PEOPLE:
        conn.execute(statement, {"requests": requests})
    conn.execute(_BARE_REASONS, {"requests": requests})
    unpublished.forget_of_senders(conn, requests)
    return unpublished.forget_of_requests(conn, requests) + inbox.forget_of_requests(conn, requests)
