"""Taking data along: written down first, with who, what and how much."""

from collections.abc import Mapping

from open311.core import Core
from open311.model.access.actor import Actor
from open311.model.staff.audit import AuditKind
from open311.storage.staff_accounts import audit


def record(
    core: Core, actor: Actor, form: str, rows: int, about: Mapping[str, str], subject: str | None = None
) -> None:
    """Write that somebody takes along so many cases; `about` are the filters by which they were chosen.

    That words were searched for is written, not which: the log would keep a name that is erased elsewhere.
    """
    filters = {name: "…" if name == "q" else value for name, value in about.items()}
    data = {"format": form, "rows": rows, "filters": filters}
    with core.database.begin() as conn:
        audit.append(conn, core.now(), str(actor), AuditKind.EXPORTED, subject, data)
