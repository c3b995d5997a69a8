"""Rounds on paper: a list of the stops, or a work sheet for each."""

from flask import Response
from flask.typing import ResponseReturnValue

from open311.actions.exports import export_log
from open311.adapters import work_sheets
from open311.http import current
from open311.model.access.actor import Right
from open311.site.words import calendar_day, words
from open311.staff.blueprint import actor, page, staff
from open311.staff.case import work_sheet
from open311.staff.field.rounds import field_scope, find_round
from open311.staff.lists import exports
from open311.staff.rendering import NOT_KEPT
from open311.storage.desk import rounds
from open311.storage.desk.scope import scope_of

LIST_HEAD = ("desk.field.list.place", "desk.field.list.stop", "desk.field.list.found", "desk.field.list.code")


@page("/field/<id:round_id>/sheets.pdf", Right.EXPORT)
def field_sheets(round_id: int) -> ResponseReturnValue:
    """A round to print: a work sheet for each stop, in their order."""
    core, round_ = current.core(), find_round(round_id)
    with core.database.read() as conn:
        stops = rounds.stops_of(conn, round_.id, scope_of(staff(), Right.EXPORT), core.now(), whole=True)
    export_log.record(core, actor(round_.jurisdiction_id), "round", len(stops), {}, f"round:{round_.id}")
    of_row = work_sheet.writer().of_row
    return exports.printed(round_.name, [of_row(stop.row) for stop in stops], f"round-{round_.id}.pdf")


@page("/field/<id:round_id>/list.pdf", Right.FIELD)
def field_list(round_id: int) -> ResponseReturnValue:
    """The stops in their order, to print: room to write at each, and a code that leads to the case."""
    round_, core = find_round(round_id), current.core()
    with core.database.read() as conn:
        stops = rounds.stops_of(conn, round_.id, field_scope(), core.now())
    export_log.record(core, actor(round_.jurisdiction_id), "round", len(stops), {}, f"round:{round_id}")
    head = [words(key) for key in LIST_HEAD]
    title = ", ".join(filter(None, (round_.own_name, calendar_day(round_.day))))
    of_stop = work_sheet.writer().of_stop
    lines = [of_stop(stop.row) for stop in stops]
    document = work_sheets.round_list(title, current.language(), head, lines)
    response = Response(document, content_type=work_sheets.MEDIA_TYPE)
    response.headers["Content-Disposition"] = f'attachment; filename="round-{round_.day.isoformat()}.pdf"'
    response.headers["Cache-Control"] = NOT_KEPT
    return response
