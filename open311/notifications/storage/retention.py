"""Which requests have been over for so long that nobody may be remembered with them, and how that is done."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, text

from open311.model.actor import PUBLIC
from open311.notifications.retention_terms import RetentionTerms

# The one answer without a question that our own interface needs: FixMyStreet's number of the report.
_NEEDED = "'fixmystreet_id'"
_UNASKED = f"attributes - {_NEEDED} <> '{{}}'"
_TOLD = "array['status_notes', 'media_urls', 'photos']"
_CLAIMED = f"kind = 'claimed' and data ?| {_TOLD}"
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
        then {days} > 0 and coalesce({request}.closed_datetime, {request}.updated_datetime)
            < cast(:now as timestamptz) - make_interval(days => {days})
        else :open_days > 0 and {request}.updated_datetime
            < cast(:now as timestamptz) - make_interval(days => :open_days)
        end
    )"""


def _join(alias: str, terms: str) -> str:
    same = (
        f"{terms}.jurisdiction_id = {alias}.jurisdiction_id and {terms}.service_code = {alias}.service_code"
    )
    return f"left join terms {terms} on {same}"


# Whoever follows a duplicate hears of the report that goes on, so a duplicate is over when that one is.
_DUE = text(f"""
    with {_TERMS}, about_people as (
        select service_request_id as id from reporters
        union select service_request_id from followers
        union select service_request_id from updaters
        union select service_request_id from submissions where {_UNASKED}
        union select service_request_id from events where {_CLAIMED}
        union select service_request_id from media where visibility = 'internal' or original_key is not null
        union select service_request_id from case_notes where about_person
        union select service_request_id from case_originals
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
    return list(conn.execute(_DUE, _given(terms, most)).scalars())


def hidden_due(conn: Connection, terms: RetentionTerms, most: int) -> list[int]:
    """Requests that the public does not see and nobody needs any more: hidden ones, and those that were refused."""
    return list(conn.execute(_HIDDEN_DUE, _given(terms, most)).scalars())


def _given(terms: RetentionTerms, most: int) -> dict[str, Any]:
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


_BARE_SUBMISSIONS = text(f"""
    update submissions set
        attributes = case when attributes ? {_NEEDED}
            then jsonb_build_object({_NEEDED}, attributes -> {_NEEDED}) else '{{}}' end,
        client_request_id = case when key_id = :pages then client_request_id end
    where service_request_id = any(:requests)
""")
# An update that was published stands in an event of its own. Staff's reasons may name people, too.
_BARE_EVENTS = text(f"""
    update events set data = case when {_CLAIMED} then data - {_TOLD} - 'reason' else data - 'reason' end
    where service_request_id = any(:requests) and ({_CLAIMED} or data ? 'reason')
""")
_BARE_FORWARDS = text("update forwards set error = null where service_request_id = any(:requests)")
_INTERNAL_PHOTOS = text("""
    delete from media where visibility = 'internal' and service_request_id = any(:requests)
    returning key, thumb_key, original_key
""")
# What was to be seen on a photo before staff blackened it.
_ORIGINAL_PHOTOS = text("""
    update media now set original_key = null, original_until = null from media before
    where now.id = before.id and now.service_request_id = any(:requests) and now.original_key is not null
    returning before.original_key
""")
_PEOPLE = [
    text(f"delete from {table} where service_request_id = any(:requests)")
    for table in ("reporters", "followers", "updaters")
]
_OF_STAFF = [
    text("delete from case_notes where about_person and service_request_id = any(:requests)"),
    text("delete from case_originals where service_request_id = any(:requests)"),
    text("delete from case_undo where service_request_id = any(:requests)"),
]


def forget_people_of(conn: Connection, requests: Sequence[int]) -> list[str]:
    """Leave of these requests what everybody sees; returns the names of files that nobody needs any more."""
    if not requests:
        return []
    for statement in _PEOPLE:
        conn.execute(statement, {"requests": requests})
    conn.execute(_BARE_EVENTS, {"requests": requests})
    return forget_sent_with(conn, requests)


def forget_sent_with(conn: Connection, requests: Sequence[int]) -> list[str]:
    """Forget what came with reports and was never shown: answers that nobody asked for, photos kept back, originals.

    Returns the names of files that nobody needs any more.
    """
    conn.execute(_BARE_SUBMISSIONS, {"requests": requests, "pages": PUBLIC.key_id})
    for statement in (_BARE_FORWARDS, *_OF_STAFF):
        conn.execute(statement, {"requests": requests})
    statements = (_INTERNAL_PHOTOS, _ORIGINAL_PHOTOS)
    rows = [row for each in statements for row in conn.execute(each, {"requests": requests})]
    return [key for row in rows for key in row if key]
