"""Reports from elsewhere that are here already: brought to what their source says now."""

from collections.abc import Mapping
from typing import Any

from open311.actions import casework
from open311.core import Core
from open311.federation.new_reports import STATUS_FIELDS
from open311.federation.references import Arrival, KnownReference
from open311.federation.storage import references as stored
from open311.model.access.actor import Actor, Right
from open311.model.access.visibility import is_everybodys
from open311.model.events.event_kinds import EventKind
from open311.model.service_request import ServiceRequest, Visibility
from open311.storage import events
from open311.storage.database import Connection
from open311.storage.requests import service_requests


def change_known(
    core: Core, conn: Connection, request: ServiceRequest, arrival: Arrival, was: KnownReference, actor: Actor
) -> bool:
    """Write what the source says now. What staff here have hidden stays hidden."""
    values = stored.changed_values(arrival)
    kind = EventKind.EDITED
    # Many servers tell no moment of closing, and the one that was guessed first stays.
    if values["closed_datetime"] and request.closed_datetime and not arrival.is_from_file:
        values["closed_datetime"] = request.closed_datetime
    if was.gone and request.visibility == Visibility.HIDDEN:
        values["visibility"], kind = Visibility.PUBLISHED, EventKind.PUBLISHED
    elif any(getattr(request, name) != values[name] for name in STATUS_FIELDS):
        kind = EventKind.STATUS_CHANGED
    _write(core, conn, request, arrival, kind, values, actor)
    return True


def mend_moments(
    core: Core, conn: Connection, request: ServiceRequest, arrival: Arrival, was: KnownReference, actor: Actor
) -> bool:
    """Write when a file says now that a request was closed or last changed; says whether that is something else."""
    closed, number = arrival.values["closed_datetime"], request.service_request_id
    differs = bool(closed and request.closed_datetime and closed != request.closed_datetime)
    values = (
        {"closed_datetime": closed} if differs and stored.redate_closing(conn, number, closed, actor) else {}
    )
    is_newer = arrival.values["updated_datetime"] > request.updated_datetime
    if values or is_newer:
        _write(core, conn, request, arrival, EventKind.EDITED, values, actor)
    return bool(values) or is_newer


def _write(
    core: Core,
    conn: Connection,
    request: ServiceRequest,
    arrival: Arrival,
    kind: EventKind,
    values: dict[str, Any],
    actor: Actor,
) -> None:
    updated = arrival.values["updated_datetime"]
    # A source may change a request without saying so; whoever asks for what is newer must find it all the same.
    at = updated if updated > request.updated_datetime else core.now()
    service_requests.change(conn, request, at, **values)
    shown = values.get("visibility", request.visibility) == Visibility.PUBLISHED
    is_update = kind == EventKind.STATUS_CHANGED
    details = {name: str(values[name]) for name in STATUS_FIELDS if values[name]} if is_update else {}
    events.append_to(
        conn, request, kind, at=at, actor=actor, public=shown, in_feed=shown, is_update=is_update, **details
    )
    _keep_up(core, conn, request, values, actor)


def hide(core: Core, conn: Connection, request: ServiceRequest, actor: Actor) -> None:
    """What is gone at its source is shown here no longer."""
    actor.require(Right.CHECK, request.jurisdiction_id)
    now, public = core.now(), is_everybodys(request)
    values = {"visibility": Visibility.HIDDEN}
    service_requests.change(conn, request, now, **values)
    events.append_to(conn, request, EventKind.HIDDEN, at=now, actor=actor, public=False, in_feed=public)
    _keep_up(core, conn, request, values, actor)


def _keep_up(
    core: Core, conn: Connection, before: ServiceRequest, values: Mapping[str, Any], actor: Actor
) -> None:
    """Have the case of a request follow it, and reports that repeat it."""
    after = before._replace(visibility=values.get("visibility", before.visibility))
    casework.tell_duplicates(core, conn, before, after, actor)
    casework.keep_up(core, conn, before.service_request_id, actor)
