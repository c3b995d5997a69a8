"""The words by which requests and notes on them are found, which triggers store."""

from sqlalchemy import Connection, func, select, update

from open311.storage.tables import case_notes, service_requests


def store_after(conn: Connection, jurisdiction_id: str, last: int, most: int) -> int | None:
    """Have the triggers store them again for up to `most` requests behind the id `last`; the id this came to."""
    r, n = service_requests.c, case_notes.c
    following = (
        select(r.id).where(r.jurisdiction_id == jurisdiction_id, r.id > last).order_by(r.id).limit(most)
    )
    ids = conn.execute(select(func.array_agg(following.subquery().c.id))).scalar_one()
    if not ids:
        return None
    conn.execute(update(service_requests).where(r.id.in_(ids)).values(description=r.description))
    conn.execute(update(case_notes).where(n.service_request_id.in_(ids)).values(text=n.text))
    return int(ids[-1])
