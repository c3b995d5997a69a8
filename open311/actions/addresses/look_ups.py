"""Looking up people: allowed to few, and always written down."""

from open311.core import Core
from open311.model.access.actor import Actor, Right
from open311.model.staff.audit import AuditKind
from open311.storage.desk import people as storage
from open311.storage.desk.people import Involved
from open311.storage.desk.scope import Scope
from open311.storage.staff_accounts import audit


def people(
    core: Core, scope: Scope, contact: str, actor: Actor, right: Right = Right.SEE_REPORTER
) -> list[Involved]:
    """The reports that somebody with this mail address or telephone number sent or follows.

    The log says that somebody was looked up and how much was found, not who: it would keep what is erased elsewhere.
    """
    for jurisdiction_id in scope.jurisdictions:
        actor.require(right, jurisdiction_id)
    with core.database.begin() as conn:
        involved = storage.by_contact(conn, scope, contact)
        by = "mail" if "@" in contact else "phone"
        audit.append(
            conn,
            core.now(),
            str(actor),
            AuditKind.PEOPLE_SEARCHED,
            data={"by": by, "found": len(involved)},
        )
    return involved


def reveal(core: Core, service_request_id: int, jurisdiction_id: str, actor: Actor) -> None:
    """Write down that somebody looks at who sent a report; it is the caller who then shows it."""
    actor.require(Right.SEE_REPORTER, jurisdiction_id)
    _write_down(core, service_request_id, actor, AuditKind.REVEALED)


def read_originals(core: Core, service_request_id: int, jurisdiction_id: str, actor: Actor) -> None:
    """Write down that somebody reads the texts that were replaced; it is the caller who then shows them."""
    actor.require(Right.SEE_ORIGINALS, jurisdiction_id)
    _write_down(core, service_request_id, actor, AuditKind.REPLACED_READ)


def _write_down(core: Core, service_request_id: int, actor: Actor, kind: AuditKind) -> None:
    with core.database.begin() as conn:
        audit.append(conn, core.now(), str(actor), kind, f"request:{service_request_id}")
