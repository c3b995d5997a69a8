"""All requests of a jurisdiction, for whole exports."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime

from sqlalchemy import BigInteger, Connection, cast, func, select

from open311.base.errors import Unavailable
from open311.model.search import Items, Page, RequestSearch, Sort, Span
from open311.storage.database import Database
from open311.storage.requests.visible import is_everybodys
from open311.storage.tables import service_requests

_r = service_requests.c
OLDEST_FIRST = Sort("requested_datetime")
A_TIME = 2000


def everything(
    database: Database,
    jurisdiction_id: str,
    until: datetime,
    read: Callable[[Connection, RequestSearch], Page[Items]],
) -> Iterator[Items]:
    """All published requests handed in up to `until`, the oldest first, a page at a time as `read` has it.

    Each page is a short read of its own on a borrowed connection, so that a slow reader holds nothing up.
    """
    query = RequestSearch(
        jurisdiction_id=jurisdiction_id, requested=Span(None, until), sort=OLDEST_FIRST, page_size=A_TIME
    )
    while True:
        page = _page(database, query, read)
        yield page.items
        if page.next is None:
            return
        query = replace(query, after=page.next)


def _page(
    database: Database, query: RequestSearch, read: Callable[[Connection, RequestSearch], Page[Items]]
) -> Page[Items]:
    try:
        with database.read_public() as conn:
            return read(conn, query)
    except Unavailable:
        # A replica that went away, or a connection that was cut: one more attempt, of its own and at the primary.
        with database.read() as conn:
            return read(conn, query)


def fingerprint(conn: Connection, jurisdiction_id: str) -> tuple[int, str]:
    """How many requests are published, and a checksum that any public change to one of them changes."""
    checksum = func.sum(func.hashint8extended(_r.id, cast(_r.version, BigInteger)))
    published = (_r.jurisdiction_id == jurisdiction_id, is_everybodys)
    count, total = conn.execute(select(func.count(), checksum).where(*published)).one()
    return int(count), str(total or 0)
