"""What came with requests and was never shown: to be forgotten with the people who sent it."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, text

from open311.model.access.actor import PUBLIC, REPORTER

# The one answer without a question that our own interface needs: FixMyStreet's number of the report.
NEEDED = "'fixmystreet_id'"
TOLD = "array['status_notes', 'media_urls', 'photos']"
CLAIMED = f"kind = 'claimed' and data ?| {TOLD}"

_BARE_SUBMISSIONS = text(f"""
    update submissions set
        attributes = case when attributes ? {NEEDED}
            then jsonb_build_object({NEEDED}, attributes -> {NEEDED}) else '{{}}' end,
        client_request_id = case when key_id = :pages then client_request_id end
    where service_request_id = any(:requests)
""")
_BARE_FORWARDS = text("update forwards set error = null where service_request_id = any(:requests)")
_INTERNAL_PHOTOS = text("""
    delete from media where service_request_id = any(:requests) and (visibility = 'internal' or (
        visibility = 'held' and update_id in (select id from events where actor = :reporter
            and service_request_id = any(:requests))
    ))
    returning key, thumb_key, original_key
""")
# What was to be seen on a photo before staff blackened it.
_ORIGINAL_PHOTOS = text("""
    update media now set original_key = null, original_until = null from media before
    where now.id = before.id and now.service_request_id = any(:requests) and now.original_key is not null
    returning before.original_key
""")
# Letters between the city and a reporter, which nobody else has read.
_BARE_LETTERS = text(f"""
    update events set data = data - {TOLD} - 'text'
    where kind in ('reply_received', 'answered', 'asked') and service_request_id = any(:requests)
        and (data ?| {TOLD} or data ? 'text')
""")
_OF_STAFF = [
    text("delete from case_notes where about_person and service_request_id = any(:requests)"),
    text("delete from case_originals where service_request_id = any(:requests)"),
    text("delete from case_undo where service_request_id = any(:requests)"),
    text("update orders set text = '' where service_request_id = any(:requests)"),
    # Letters and receipts have no follower whose end would be theirs.
    text("""
        update sent_mails set address_digest = null, token_digest = null
        where service_request_id = any(:requests) and kind <> 'order' and follower_id is null
    """),
    text("update ratings set text = '' where service_request_id = any(:requests)"),
    # What they wrote by the links of our mails. What was published of it stands in an event of its own.
    text(f"""
        update events set data = data - 'text' - {TOLD}
        where service_request_id = any(:requests) and actor = '{REPORTER}'
            and kind in ('rated', 'claimed', 'reply_received')
    """),
    text("""
        update events set data = data - 'text'
        where service_request_id = any(:requests) and data ? 'text'
            and (kind like 'order\\_%' or kind = 'field_reported')
    """),
]
# An update that was published stands in an event of its own.
_BARE_CLAIMS = text(f"""
    update events set data = data - {TOLD}
    where id = any(:claims) and kind in ('claimed', 'objected')
""")
_HELD_PHOTOS = text("""
    delete from media where visibility <> 'public' and update_id = any(:claims)
    returning key, thumb_key, original_key
""")


def forget_of_requests(conn: Connection, requests: Sequence[int]) -> list[str]:
    """Forget what came with reports and was never shown: answers that nobody asked for, photos kept back, originals.

    Returns the names of files that nobody needs any more.
    """
    conn.execute(_BARE_SUBMISSIONS, {"requests": requests, "pages": PUBLIC.key_id})
    for statement in (_BARE_FORWARDS, _BARE_LETTERS, *_OF_STAFF):
        conn.execute(statement, {"requests": requests})
    statements = (_INTERNAL_PHOTOS, _ORIGINAL_PHOTOS)
    parameters = {"requests": requests, "reporter": str(REPORTER)}
    return [key for statement in statements for key in _names(conn.execute(statement, parameters))]


def forget_of_claims(conn: Connection, claims: Sequence[int]) -> list[str]:
    """Forget updates that nobody published; returns the names of files that nobody needs any more."""
    conn.execute(_BARE_CLAIMS, {"claims": claims})
    return _names(conn.execute(_HELD_PHOTOS, {"claims": claims}))


def _names(rows: Iterable[Any]) -> list[str]:
    return [key for row in rows for key in row if key]
