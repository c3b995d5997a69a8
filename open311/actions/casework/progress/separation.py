"""The end of a duplicate: a report stands for itself again."""

from open311.actions.casework.opening import locked
from open311.actions.casework.work import Work
from open311.model.events.event_kinds import EventKind
from open311.storage.requests import service_requests


def let_go(work: Work) -> None:
    """Separate within an act; the original is told, if it is still there."""
    parent_id = work.request.parent_id
    work.change(parent_id=None)
    work.tell_staff(EventKind.SEPARATED, {"from": parent_id}, in_feed=True)
    if parent_id is not None and service_requests.find_any(work.conn, parent_id) is not None:
        original = locked(work.core, work.conn, parent_id, work.actor)
        work.include(original)
        original.tell_staff(EventKind.SEPARATED, duplicate=work.number)
        original.write()
