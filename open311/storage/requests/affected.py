"""Counts of people whom a report affects, too, without names."""

from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert

from open311.storage.database.freshness import announce
from open311.storage.tables import affected_devices, service_requests

# Which device has counted is personal; the number that it was counted into stays.
KEPT_FOR = timedelta(days=30)
# Behind one address there may be a family, or an office; not a crowd.
MOST_OF_A_NETWORK = 5

_a, _r = affected_devices.c, service_requests.c


def add(conn: Connection, service_request_id: int, device: str, network: str, now: datetime) -> bool:
    """Count a device once, and a few of a network; says whether it counts. The row of the report is locked."""
    mine = (_a.service_request_id == service_request_id, _a.network == network)
    if conn.execute(select(func.count()).where(*mine)).scalar_one() >= MOST_OF_A_NETWORK:
        return False
    row = {"service_request_id": service_request_id, "device": device, "network": network}
    new = insert(affected_devices).values(**row, created_datetime=now).on_conflict_do_nothing()
    if conn.execute(new.returning(_a.device)).first() is None:
        return False
    announce(conn)
    # Not `updated_datetime`: a crowd would lift a report to the top of every list.
    counted = update(service_requests).where(_r.id == service_request_id)
    conn.execute(counted.values(affected=_r.affected + 1, version=_r.version + 1))
    return True


def prune(conn: Connection, now: datetime) -> None:
    """Forget the devices that were counted; the counts stay."""
    conn.execute(delete(affected_devices).where(_a.created_datetime < now - KEPT_FOR))
