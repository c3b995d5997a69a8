"""Reading the audit log, which is recorded in it as well."""

from collections.abc import Iterator
from typing import NamedTuple

from open311.base.errors import Forbidden
from open311.core import Core
from open311.model.access.actor import Actor, ActorKind, Right, lacking
from open311.model.staff.audit import AuditKind, AuditLine, first_broken
from open311.model.staff.rights import Staff
from open311.model.staff.roles import Reach
from open311.storage.staff_accounts import audit

PAGE = 50


class Page(NamedTuple):
    """Some lines, the newest first, and before which one there are more."""

    lines: list[AuditLine]
    before: int | None


def read(core: Core, staff: Staff, *, kind: str | None, before: int | None) -> Page:
    """A page of the log for those who may read it: an auditor reads all, an administrator their own acts."""
    reaches = {reach for membership in staff.memberships for reach in membership.reaches(Right.READ_AUDIT)}
    if not reaches:
        raise Forbidden(lacking(Right.READ_AUDIT))
    own = f"staff:{staff.account_id}"
    everything = Reach.ALL in reaches
    with core.database.begin() as conn:
        lines = audit.page(conn, actor=None if everything else own, kind=kind, before=before, limit=PAGE + 1)
        # Once for the first page: to turn the leaves is no second look. One's own acts are nobody else's data.
        if everything and before is None:
            audit.append(conn, core.now(), own, AuditKind.LOG_READ, data={"kind": kind} if kind else {})
    return Page(lines[:PAGE], lines[PAGE - 1].id if len(lines) > PAGE else None)


def export(core: Core, actor: Actor) -> Iterator[AuditLine]:
    """Every line, the oldest first; that it was taken is the last one."""
    if actor.kind is not ActorKind.CLI:
        actor.require(Right.READ_AUDIT, "")
    with core.database.begin() as conn:
        audit.append(conn, core.now(), str(actor), AuditKind.LOG_EXPORTED)
    with core.database.read() as conn:
        yield from audit.every_line(conn)


def check(core: Core) -> AuditLine | None:
    """The first line that was changed, or before which one is missing; None when the chain holds."""
    with core.database.read() as conn:
        return first_broken(audit.every_line(conn))
