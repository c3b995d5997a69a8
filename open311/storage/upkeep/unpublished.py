"""What came with requests and was never shown: to be forgotten with the people who sent it."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, TextClause, text

from open311.model.access.actor import PUBLIC, REPORTER
from open311.model.events.personal_texts import PERSONAL_TEXTS, Author
from open311.storage.tables.history import MAY_HAVE_TEXT

# The one answer without a question that our own interface needs: FixMyStreet's number of the report.
NEEDED = "'fixmystreet_id'"


def _array(names: Iterable[str]) -> str:
    quoted = ", ".join(f"'{name}'" for name in names)
    return f"array[{quoted}]"


def _has_text(kinds: Iterable[str], keys: Iterable[str]) -> str:
    return f"(kind = any({_array(kinds)}) and jsonb_strip_nulls(data) ?| {_array(keys)})"


_ANY_TEXT = " or ".join(_has_text(texts.kinds, texts.keys) for texts in PERSONAL_TEXTS)
# The kinds as the index has them, once more.
HAS_TEXT = f"{MAY_HAVE_TEXT} and ({_ANY_TEXT})"


def _bare_texts(author: Author, whose: str) -> list[TextClause]:
    """Take the texts of an author out of the events for which the condition `whose` holds."""
    return [
        text(f"""
            update events set data = data - {_array(texts.keys)}
            where {_has_text(texts.kinds, texts.keys)} and {whose}
        """)
        for texts in PERSONAL_TEXTS
        if texts.author is author
    ]


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
    *_bare_texts(Author.REPORTER, "service_request_id = any(:requests)"),
    # What they wrote by the links of our mails, which nobody is remembered as the sender of.
    *_bare_texts(Author.SENDER, f"service_request_id = any(:requests) and actor = '{REPORTER}'"),
]
_OF_ALL_SENDERS = _bare_texts(Author.SENDER, "service_request_id = any(:requests)")
_OF_CLAIMS = _bare_texts(
    Author.SENDER,
    """(id = any(:claims) or claim_id = any(:claims))
        and service_request_id in (select service_request_id from events where id = any(:claims))""",
)
_HELD_PHOTOS = text("""
    delete from media where visibility <> 'public' and update_id = any(:claims)
    returning key, thumb_key, original_key
""")


def forget_of_requests(conn: Connection, requests: Sequence[int]) -> list[str]:
    """Forget what came with reports and was never shown: answers that nobody asked for, photos kept back, originals.

    Returns the names of files that nobody needs any more.
    """
    conn.execute(_BARE_SUBMISSIONS, {"requests": requests, "pages": PUBLIC.key_id})
    for statement in (_BARE_FORWARDS, *_OF_STAFF):
        conn.execute(statement, {"requests": requests})
    statements = (_INTERNAL_PHOTOS, _ORIGINAL_PHOTOS)
    parameters = {"requests": requests, "reporter": str(REPORTER)}
    return [key for statement in statements for key in _names(conn.execute(statement, parameters))]


def forget_of_senders(conn: Connection, requests: Sequence[int]) -> None:
    """Forget what anybody sent about reports, and what they were answered."""
    for statement in _OF_ALL_SENDERS:
        conn.execute(statement, {"requests": requests})


def forget_of_claims(conn: Connection, claims: Sequence[int]) -> list[str]:
    """Forget updates that nobody published; returns the names of files that nobody needs any more."""
    for statement in _OF_CLAIMS:
        conn.execute(statement, {"claims": claims})
    return _names(conn.execute(_HELD_PHOTOS, {"claims": claims}))


def _names(rows: Iterable[Any]) -> list[str]:
    return [key for row in rows for key in row if key]
