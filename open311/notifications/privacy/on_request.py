"""Data of people who ask the city itself, without a link: looked up, handed out and erased by whoever answers for it.

Each of these stands in the log, with how much it was and never whose: it would keep what is erased here.
"""

from open311.actions.photos import media
from open311.base.errors import Invalid, NotFound, problem
from open311.core import Core
from open311.model.access.actor import Actor, Right
from open311.model.catalogue import Catalogue
from open311.model.mailbox import mailbox
from open311.model.staff.audit import AuditKind
from open311.notifications.privacy import own_data
from open311.notifications.privacy.own_data import OwnData
from open311.notifications.storage import retention
from open311.storage.database import Connection
from open311.storage.requests import service_requests
from open311.storage.staff_accounts import audit


def look_up(core: Core, catalogue: Catalogue, email: str, actor: Actor) -> OwnData:
    """All that a city keeps about the owner of a mailbox; raises `Invalid`, `Forbidden`."""
    return _found(core, catalogue, email, actor, AuditKind.PEOPLE_SEARCHED, by="mail")


def hand_out(core: Core, catalogue: Catalogue, email: str, actor: Actor) -> OwnData:
    """The same, to be taken along."""
    return _found(core, catalogue, email, actor, AuditKind.EXPORTED, format="json")


def _found(
    core: Core, catalogue: Catalogue, email: str, actor: Actor, kind: AuditKind, **data: str
) -> OwnData:
    owner, address = catalogue.jurisdiction.jurisdiction_id, _address(email)
    actor.require(Right.EXPORT_PERSONAL, owner)
    with core.database.begin() as conn:
        involved = own_data.of_mailbox(conn, catalogue, address)
        _write(core, conn, actor, kind, {**data, "found": involved.count}, owner)
    return involved


def erase(core: Core, catalogue: Catalogue, email: str, actor: Actor) -> int:
    """Forget the owner of a mailbox in one city; returns of how many things. Raises `Invalid`, `Forbidden`."""
    owner, address = catalogue.jurisdiction.jurisdiction_id, _address(email)
    actor.require(Right.ERASE, owner)
    with core.database.begin() as conn:
        # Counted first: afterwards there is nothing to count.
        count = own_data.of_mailbox(conn, catalogue, address).count
        files = own_data.forget(core, conn, catalogue, address, actor)
        _write(core, conn, actor, AuditKind.ERASED, {"what": "person", "found": count}, owner)
    media.discard(core, files)
    return count


def forget_people_of(core: Core, service_request_id: int, actor: Actor) -> None:
    """Forget everybody who sent, follows or answered one report, which stays; raises `NotFound`, `Forbidden`."""
    with core.database.begin() as conn:
        request = service_requests.find_any(conn, service_request_id, lock=True)
        if request is None:
            raise NotFound(problem("error.service_request.unknown", service_request_id=service_request_id))
        actor.require(Right.ERASE, request.jurisdiction_id)
        files = retention.forget_people_of(conn, [service_request_id])
        own_data.tell_forgotten(core, conn, service_request_id, request.jurisdiction_id, actor)
        _write(core, conn, actor, AuditKind.ERASED, {"what": "person"}, f"request:{service_request_id}")
    media.discard(core, files)


def _address(email: str) -> str:
    address = mailbox(email)
    if address is None:
        raise Invalid(problem("error.email"))
    return address


def _write(
    core: Core, conn: Connection, actor: Actor, kind: AuditKind, data: dict[str, object], subject: str
) -> None:
    audit.append(conn, core.now(), str(actor), kind, subject, data)
