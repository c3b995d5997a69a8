"""Words that staff use again and again, by status, service and unit."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, any_, func, insert, literal, or_, select, update

from open311.storage.database import advisory_locks
from open311.storage.tables import templates

_t = templates.c
_COLUMNS = (
    _t.id,
    _t.jurisdiction_id,
    _t.title,
    _t.status,
    _t.services,
    _t.unit,
    _t.page_text,
    _t.mail_text,
    _t.active,
    _t.version,
)


@dataclass(frozen=True, slots=True)
class Template:
    """A text for the page and one for the mail, by language; without status, services or unit it fits any."""

    id: int
    jurisdiction_id: str
    title: str
    status: str | None
    services: Sequence[str]
    unit: str | None
    page_text: Mapping[str, str]
    mail_text: Mapping[str, str]
    active: bool
    version: int


def of_jurisdiction(conn: Connection, jurisdiction_id: str) -> Sequence[Template]:
    """All templates of a city, retired ones too, by title."""
    mine = _t.jurisdiction_id == jurisdiction_id
    return [
        Template(**row._mapping)
        for row in conn.execute(select(*_COLUMNS).where(mine).order_by(_t.title, _t.id))
    ]


def offered(
    conn: Connection,
    jurisdiction_id: str,
    *,
    status: str | None = None,
    service_code: str | None = None,
    unit: str | None = None,
) -> Sequence[Template]:
    """The templates that fit; what is not named restricts nothing."""
    query = select(*_COLUMNS).where(_t.jurisdiction_id == jurisdiction_id, _t.active)
    if status is not None:
        query = query.where(or_(_t.status.is_(None), _t.status == status))
    if service_code is not None:
        query = query.where(
            or_(func.cardinality(_t.services) == 0, literal(service_code) == any_(_t.services))
        )
    if unit is not None:
        query = query.where(or_(_t.unit.is_(None), _t.unit == unit))
    return [Template(**row._mapping) for row in conn.execute(query.order_by(_t.title, _t.id))]


def lock(conn: Connection, jurisdiction_id: str) -> None:
    """Let those who give titles in a city do so one after the other, until the transaction ends."""
    conn.execute(select(func.pg_advisory_xact_lock(advisory_locks.TEMPLATES, func.hashtext(jurisdiction_id))))


def titled(conn: Connection, jurisdiction_id: str, title: str) -> Template | None:
    """The template of a city that has this title; the first, where older releases have kept two."""
    query = select(*_COLUMNS).where(_t.jurisdiction_id == jurisdiction_id, _t.title == title)
    row = conn.execute(query.order_by(_t.id).limit(1)).one_or_none()
    return Template(**row._mapping) if row else None


def find(conn: Connection, template_id: int) -> Template | None:
    row = conn.execute(select(*_COLUMNS).where(_t.id == template_id)).one_or_none()
    return Template(**row._mapping) if row else None


def add(conn: Connection, **values: object) -> int:
    """Store a template; returns its id."""
    return int(conn.execute(insert(templates).values(**values).returning(_t.id)).scalar_one())


def change(conn: Connection, template_id: int, version: int, **values: object) -> bool:
    """Rewrite a template, unless somebody else has done so since `version`."""
    mine = (_t.id == template_id, _t.version == version)
    changed = conn.execute(update(templates).where(*mine).values(**values, version=version + 1))
    return changed.rowcount > 0
