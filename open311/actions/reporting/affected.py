"""Somebody says that a report affects them, too; no name, no mail, once a device."""

from open311.actions.reporting import claims
from open311.base.errors import NotFound, problem
from open311.core import Core
from open311.model.access.actor import PUBLIC
from open311.model.access.secret_tokens import digest
from open311.model.catalogue import Catalogue
from open311.model.events.event_kinds import EventKind
from open311.model.service_request import Status
from open311.storage import events
from open311.storage.database import Connection
from open311.storage.requests import affected
from open311.storage.upkeep import instance


def add(core: Core, catalogue: Catalogue, service_request_id: int, device: str, network: str) -> bool:
    """Count one more; says whether it counts. Raises `NotFound` for what is not public, or done."""
    with core.database.begin() as conn:
        return add_within(core, conn, catalogue, service_request_id, device, network)


def add_within(
    core: Core, conn: Connection, catalogue: Catalogue, service_request_id: int, device: str, network: str
) -> bool:
    """The same within the caller's transaction.

    `device` is what a browser says of itself. It and the network are kept as digests that belong to one report, so
    that nobody can be followed from one to the next.
    """
    request = claims.public_request(conn, catalogue.jurisdiction, service_request_id)
    if request.status != Status.OPEN:
        raise NotFound(problem("error.service_request.unknown", service_request_id=service_request_id))
    secret = instance.secret(conn)
    own = digest(f"{secret} {service_request_id} {network}")
    counts = affected.add(conn, service_request_id, digest(f"{own} {device}"), own, core.now())
    if counts:
        events.append_to(
            conn,
            request,
            EventKind.AFFECTED,
            at=core.now(),
            actor=PUBLIC,
            public=False,
            in_feed=True,
        )
    return counts
