"""Where the cases of a list lie: the points of the staff's map, as many as a map can show."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection, func, select

from open311.model.casework.desk_search import CaseSearch
from open311.storage.desk.lists.case_list import hits, overdue
from open311.storage.desk.scope import Scope
from open311.storage.tables import cases, service_requests

_c, _r = cases.c, service_requests.c
MOST = 2000


@dataclass(frozen=True, slots=True)
class Place:
    """A case as a point of the map."""

    number: int
    jurisdiction_id: str
    service_code: str
    detailed_status: str
    stage: str
    lat: float
    long: float
    address: str
    is_overdue: bool


def find(conn: Connection, scope: Scope, search: CaseSearch, now: datetime) -> tuple[Sequence[Place], bool]:
    """The first cases of a search that have a place, and whether there are more; one statement."""
    with_place = replace(search, has_place=True, limit=MOST)
    keys = hits(scope, with_place, now, None).limit(MOST + 1).subquery("hits")
    query = (
        select(
            _c.service_request_id,
            _c.jurisdiction_id,
            _c.service_code,
            _r.detailed_status,
            _c.stage,
            func.ST_Y(_r.geom),
            func.ST_X(_r.geom),
            _r.address,
            func.coalesce(overdue(now), False),
        )
        .select_from(keys)
        .join(cases, _c.service_request_id == keys.c.service_request_id)
        .join(service_requests, _r.id == keys.c.service_request_id)
    )
    rows = conn.execute(query.order_by(_c.service_request_id)).all()
    return [Place(*row) for row in rows[:MOST]], len(rows) > MOST
