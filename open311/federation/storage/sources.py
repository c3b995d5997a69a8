"""The sources that requests are taken from, and how far each has come."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert

from open311.federation.references import Intake, Trouble, with_troubles
from open311.storage.database.freshness import announce
from open311.storage.tables import intakes, services

_i = intakes.c


def add(conn: Connection, intake: Intake) -> bool:
    """Note a new source; False when it is known already."""
    values = {
        "jurisdiction_id": intake.jurisdiction_id,
        "source": intake.source,
        "kind": intake.kind,
        "options": dict(intake.options),
        "state": dict(intake.state),
        "created_datetime": intake.created_datetime,
    }
    added = insert(intakes).values(values).on_conflict_do_nothing().returning(_i.source)
    return conn.execute(added).first() is not None


def find(conn: Connection, jurisdiction_id: str, source: str) -> Intake | None:
    row = conn.execute(
        select(intakes).where(_i.jurisdiction_id == jurisdiction_id, _i.source == source)
    ).one_or_none()
    return _intake(row) if row else None


def harvested(conn: Connection) -> list[Intake]:
    """All sources that are harvested, those that were not asked for longest first."""
    query = (
        select(intakes)
        .where(_i.kind == "harvest")
        .order_by(_i.run_datetime.nulls_first(), _i.jurisdiction_id)
    )
    return [_intake(row) for row in conn.execute(query)]


def set_catalogue(conn: Connection, intake: Intake, document: Mapping[str, Any], at: datetime) -> None:
    """Take over the services of a source."""
    announce(conn)
    _write(conn, intake, catalogue=dict(document), catalogue_datetime=at)


def renew_names(conn: Connection, intake: Intake, at: datetime) -> None:
    """Say that names of services have been added, so that they are taken up."""
    if intake.catalogue is not None:
        announce(conn)
        _write(conn, intake, catalogue_datetime=at)


def save(conn: Connection, intake: Intake, state: Mapping[str, Any], counts: Mapping[str, int]) -> None:
    """Record how far a source has been read."""
    _write(conn, intake, state=dict(state), counts=dict(counts))


def record_troubles(conn: Connection, intake: Intake, troubles: Iterable[Trouble], at: datetime) -> None:
    """Record what an operator should know of a source."""
    mine = (_i.jurisdiction_id == intake.jurisdiction_id, _i.source == intake.source)
    # Locked, since the list is read and written again: of two at once one would lose what the other noted.
    earlier = conn.execute(select(_i.troubles).where(*mine).with_for_update()).scalar_one_or_none()
    _write(conn, intake, troubles=with_troubles(earlier or [], troubles, at))


def record_run(conn: Connection, intake: Intake, at: datetime, problem: str | None) -> None:
    """Record a run of a source, and what went wrong in it."""
    _write(conn, intake, run_datetime=at, problem=problem)


def remove(conn: Connection, intake: Intake) -> None:
    """Forget a source; its requests stay."""
    announce(conn)
    conn.execute(
        delete(intakes).where(_i.jurisdiction_id == intake.jurisdiction_id, _i.source == intake.source)
    )


def revision(conn: Connection) -> tuple[Any, ...]:
    """Differs whenever the catalogues of sources do, or the names of services that no catalogue has."""
    catalogues = select(func.count(_i.catalogue_datetime), func.max(_i.catalogue_datetime))
    names = select(func.count(services.c.retired_datetime), func.max(services.c.retired_datetime))
    return (*conn.execute(catalogues).one(), *conn.execute(names).one())


def _write(conn: Connection, intake: Intake, **values: Any) -> None:
    mine = (_i.jurisdiction_id == intake.jurisdiction_id, _i.source == intake.source)
    conn.execute(update(intakes).where(*mine).values(**values))


def _intake(row: Row[*tuple[Any, ...]]) -> Intake:
    named = dict(row._mapping)
    del named["catalogue_datetime"]
    return Intake(**named)
