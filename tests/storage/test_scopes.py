"""Which stored cases somebody may see: the condition over the real tables, by real reports."""

from sqlalchemy import Connection, select

from open311.actions import casework
from open311.model.access.actor import Right, cli_actor
from open311.model.staff.rights import Membership, Staff
from open311.model.staff.roles import BUILT_IN_RIGHTS, Role
from open311.storage.desk.scope import scope_of
from open311.storage.tables import cases, service_requests
from tests.serving import START, Api


def seen(conn: Connection, role: Role, right: Right = Right.SEE_REPORTS, **scope: object) -> set[str]:
    """The numbers of what somebody with one role in the first city sees."""
    membership = Membership(
        jurisdiction_id="ludwigshafen.de", role=role, role_rights=BUILT_IN_RIGHTS[role], **scope
    )
    condition = scope_of(Staff(1, (membership,), START), right).condition
    joined = cases.join(service_requests, service_requests.c.id == cases.c.service_request_id)
    found = conn.execute(select(cases.c.service_request_id).select_from(joined).where(condition))
    return {str(number) for number in found.scalars()}


def test_a_report_is_seen_by_whoever_it_is_for(api: Api, conn: Connection) -> None:
    published = api.report()
    held = api.post({"service_code": "FAHRZEUG_ALT", "attribute[FARBE]": "rot"})[0]["service_request_id"]
    hidden = api.report()
    casework.hide(api.client.core, int(hidden), cli_actor())
    assert seen(conn, Role.READER) == {published}
    assert seen(conn, Role.OPERATOR) == {published}
    assert seen(conn, Role.CHECKER) == {published, held, hidden}
    assert seen(conn, Role.ADMIN) == set()
    unit = conn.execute(select(cases.c.unit).where(cases.c.service_request_id == int(held))).scalar_one()
    assert seen(conn, Role.WORKER, units=(unit,)) >= {published, held}
    assert held not in seen(conn, Role.WORKER, units=("NOBODY",))
    assert seen(conn, Role.WORKER, Right.SET_STATUS, units=("NOBODY",)) == set()
    assert seen(conn, Role.CHECKER, services=("MUELL_WILD",)) == {published, hidden}
