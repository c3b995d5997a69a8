"""Tokens of batch services."""

from datetime import datetime

from sqlalchemy import Connection, insert, select, update

from open311.storage.tables import tokens

_t = tokens.c


def add(conn: Connection, token: str, jurisdiction_id: str, service_request_id: int) -> None:
    """Store a token whose id is not given out yet."""
    conn.execute(
        insert(tokens).values(
            token=token, jurisdiction_id=jurisdiction_id, service_request_id=service_request_id
        )
    )


def find(conn: Connection, token: str, jurisdiction_id: str) -> tuple[int, bool] | None:
    """The id behind a token, and whether it may be given out."""
    query = select(_t.service_request_id, _t.accepted_datetime).where(
        _t.token == token, _t.jurisdiction_id == jurisdiction_id
    )
    row = conn.execute(query).one_or_none()
    return (row.service_request_id, row.accepted_datetime is not None) if row else None


def find_id(conn: Connection, token: str) -> int | None:
    """The id behind a token, given out or not."""
    request_id: int | None = conn.execute(
        select(_t.service_request_id).where(_t.token == token)
    ).scalar_one_or_none()
    return request_id


def of_request(conn: Connection, service_request_id: int) -> str | None:
    """The token a request was answered with, if any."""
    token: str | None = conn.execute(
        select(_t.token).where(_t.service_request_id == service_request_id)
    ).scalar_one_or_none()
    return token


def accept(conn: Connection, token: str, at: datetime) -> int | None:
    """Give the id out from now on; returns it, or None when it was given out before or the token is unknown."""
    # Checked and set in one statement: of two workers, only one gets the id.
    accepted = (
        update(tokens)
        .where(_t.token == token, _t.accepted_datetime.is_(None))
        .values(accepted_datetime=at)
        .returning(_t.service_request_id)
    )
    request_id: int | None = conn.execute(accepted).scalar_one_or_none()
    return request_id
