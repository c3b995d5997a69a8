"""Rounds in the field: gone with or without a connection; at each stop somebody says what is found there."""

import json
import uuid
from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta
from typing import Any, cast

from flask import Response, request
from flask.typing import ResponseReturnValue

from open311.actions import casework
from open311.adapters import vault
from open311.base.errors import Invalid, NotFound, problem
from open311.base.text import whole_number
from open311.http import current
from open311.http.errors import in_words
from open311.http.parsing.normalise import LenientRequest
from open311.model.access.actor import Actor, Right
from open311.model.casework.rounds import FieldAct, FieldOutcome, Round
from open311.model.staff import rights
from open311.site import assets, rendering
from open311.site.words import words
from open311.staff.blueprint import actor, page, redirect_to, signed_in, staff
from open311.staff.forms import posted_revision
from open311.staff.rendering import NOT_KEPT, render
from open311.staff.seen_case import SeenCase, find_case
from open311.storage.desk import rounds
from open311.storage.desk.scope import Scope, scope_of
from open311.storage.requests import service_requests
from open311.web import photos

OUTCOMES: Mapping[FieldOutcome, str] = {
    FieldOutcome.TAKEN: "desk.field.outcome.taken",
    FieldOutcome.CHANGED: "desk.field.outcome.changed",
    FieldOutcome.WAS_CLOSED: "desk.field.outcome.was_closed",
}
YESTERDAY = timedelta(days=1)
# A device keeps a round for twelve hours; what waits there comes in when there is a network again.
PASS_GOOD_FOR = timedelta(days=2)


def field_scope() -> Scope:
    """The cases that somebody may go to."""
    return scope_of(staff(), Right.FIELD)


@page("/field", Right.FIELD)
def field() -> ResponseReturnValue:
    """The rounds of today and later."""
    core = current.core()
    with core.database.read() as conn:
        recent = rounds.since(conn, (core.now() - YESTERDAY).date(), field_scope())
    return render("field/rounds.html", rounds=recent)


def own_case(number: int) -> SeenCase:
    """A case that somebody may go to; raises `NotFound`."""
    seen = find_case(number)
    case, visibility = seen.whole.case, seen.whole.request.visibility
    if not rights.may(staff(), Right.FIELD, case, visibility):
        raise NotFound(problem("error.service_request.unknown", service_request_id=number))
    return seen


def find_round(round_id: int) -> Round:
    """A round that somebody may see; raises `NotFound`."""
    with current.core().database.read() as conn:
        round_ = rounds.find(conn, round_id, field_scope())
    if round_ is None:
        raise NotFound(problem("error.path"))
    return round_


@page("/field/<id:round_id>", Right.FIELD)
def field_round(round_id: int) -> ResponseReturnValue:
    """A round: its stops in order, a form at each, and what makes it work without a connection."""
    return _round_page(find_round(round_id))


def _round_page(round_: Round, *, number: int = 0, problems: tuple[str, ...] = ()) -> Response:
    core = current.core()
    with core.database.read() as conn:
        stops = rounds.stops_of(conn, round_.id, field_scope(), core.now())
    return render(
        "field/round.html",
        status=400 if problems else 200,
        round=round_,
        stops=stops,
        catalogue=core.catalogues.owner(round_.jurisdiction_id),
        acts=list(FieldAct),
        number=number,
        problems=problems,
        form=request.form,
        new_id=lambda: uuid.uuid4().hex,
        pass_to=_pass_to,
    )


@page("/field/<id:round_id>/order", Right.FIELD, methods=("POST",))
def field_order(round_id: int) -> ResponseReturnValue:
    """Put a stop earlier or later among those that somebody sees."""
    round_, number = find_round(round_id), whole_number(request.form.get("number", ""))
    by = {"up": -1, "down": 1}.get(request.form.get("move", ""), 0)
    if number is not None:
        core, owner = current.core(), round_.jurisdiction_id
        with core.database.read() as conn:
            seen = [stop.row.number for stop in rounds.stops_of(conn, round_id, field_scope(), core.now())]
        casework.move_stop(core, round_id, number, by, actor(owner), owner, among=seen)
    return _to_stop(round_id, number)


def _to_stop(round_id: int, number: int | None, done: str | None = None) -> ResponseReturnValue:
    """To the stop itself: the next one stands below it, and the head of the page is many screens away."""
    response = redirect_to("field_round", done=done, round_id=round_id)
    response.location = f"{response.location}#stop-{'' if number is None else number}"
    return response


@page("/field/<id:round_id>/report", Right.FIELD, methods=("POST",))
def field_report(round_id: int) -> ResponseReturnValue:
    """Say what is found at a stop. A device sends it again until it has an answer, which is then the same."""
    form = request.form
    number, for_device = (
        whole_number(form.get("number", "")),
        request.accept_mimetypes.best == "application/json",
    )
    try:
        if number is None:
            raise Invalid(problem("error.path"))
        outcome = _report(number, round_id)
    except (Invalid, NotFound) as refused:
        problems = tuple(in_words(fault) for fault in refused.problems)
        if for_device:
            return _json({"problems": problems}, 400)
        return _round_page(find_round(round_id), number=number or 0, problems=problems)
    if for_device:
        return _json({"outcome": outcome, "words": words(OUTCOMES[outcome])}, 200)
    done = f"field_{outcome}"
    # What others have done meanwhile is told at the head.
    if outcome is not FieldOutcome.TAKEN:
        return redirect_to("field_round", done=done, round_id=round_id)
    return _to_stop(round_id, number, done)


def _pass_to(number: int) -> str:
    """What the form of a stop carries: that this very person was to go there."""
    return _vault().seal(f"{signed_in().account.id} {number}")


def _was_to_go(number: int, sealed: str) -> bool:
    with suppress(vault.SealBroken):
        seconds = int(PASS_GOOD_FOR.total_seconds())
        return _vault().open(sealed, seconds=seconds) == f"{signed_in().account.id} {number}"
    return False


def _vault() -> vault.Vault:
    return vault.for_settings(current.core().settings)


def _reporter_at(number: int, round_id: int) -> Actor:
    """Who says something about a stop; raises `NotFound`.

    Some see only what is theirs, and what was closed or given to others meanwhile is theirs no longer: what they found
    there while they had no network is taken in all the same.
    """
    with current.core().database.read() as conn:
        is_stop = number in rounds.numbers_of(conn, round_id)
        report = service_requests.find_any(conn, number) if is_stop else None
    if report is not None and _was_to_go(number, request.form.get("pass", "")):
        return actor(report.jurisdiction_id)
    return own_case(number if report is not None else 0).actor


def _report(number: int, round_id: int) -> FieldOutcome:
    who, form = _reporter_at(number, round_id), request.form
    act = form.get("act", "")
    if act not in tuple(FieldAct):
        raise Invalid(problem("error.round.act"))
    files = photos.media_parts(cast(LenientRequest, request), [])
    return casework.report_from_field(
        current.core(),
        number,
        FieldAct(act),
        who,
        client_id=form.get("client_id", ""),
        text=form.get("text", ""),
        photos=[file.stream for file in files.get("media", [])],
        revision=posted_revision(),
        round_id=round_id,
    )


def _json(body: Mapping[str, Any], status: int) -> Response:
    response = Response(json.dumps(body), status, content_type="application/json")
    response.headers["Cache-Control"] = NOT_KEPT
    return response


@page("/field/worker.js", Right.FIELD)
def field_worker() -> ResponseReturnValue:
    """What is between the pages of rounds and the network; it reaches as far as its address, /staff/field/."""
    script = (assets.OWN / "field-worker.js").read_text(encoding="utf-8")
    response = Response(script, headers=rendering.HEADERS, content_type="text/javascript; charset=utf-8")
    response.headers["Content-Security-Policy"] = rendering.policy({})
    response.headers["Cache-Control"] = NOT_KEPT
    return response
