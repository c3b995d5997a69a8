"""The log of what must be accounted for, for auditors; administrators see their own acts."""

from flask import request
from flask.typing import ResponseReturnValue

from open311.actions.staff_accounts import audit_log
from open311.http import current
from open311.model.access.actor import Right
from open311.model.staff.audit import AuditKind
from open311.staff import actor_names
from open311.staff.blueprint import page, staff
from open311.staff.rendering import render


@page("/admin/log", Right.READ_AUDIT)
def log() -> ResponseReturnValue:
    kind = request.args.get("kind", "")
    before = request.args.get("before", "")
    chosen = kind if kind in list(AuditKind) else None
    last = int(before) if before.isascii() and before.isdigit() and len(before) < 19 else None
    entries = audit_log.read(current.core(), staff(), kind=chosen, before=last)
    mentioned = [name for line in entries.lines for name in (line.actor, line.subject) if name]
    return render(
        "administration/audit_log.html",
        lines=entries.lines,
        before=entries.before,
        names=actor_names.of_mentioned(mentioned),
        kind=chosen or "",
        kinds=list(AuditKind),
    )
