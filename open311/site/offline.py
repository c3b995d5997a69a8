"""Reports that are written without a connection: the pages that a device keeps, and the door where it hands them in.

The device hands in a draft under a token of its own, as a browser does step by step, and then sends it as everybody
does, by the last step of the form. So there is one way to become a report, and one token becomes one report.
"""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any, cast

import orjson
from flask import Response, request

from open311.actions.addresses import geocoding
from open311.actions.reporting import drafts
from open311.base.datetimes import write_utc
from open311.base.errors import Invalid, NotFound, problem
from open311.http import current
from open311.http.parsing.normalise import LenientRequest
from open311.model.catalogue import Catalogue, Service
from open311.model.intake.drafts import Draft, is_draft_token
from open311.notifications import mail_subscriptions
from open311.site import words
from open311.site.addresses import address
from open311.site.blueprint import blueprint, city
from open311.site.form import abuse, form_input, questions
from open311.site.form.form_input import FieldProblem
from open311.site.list import listing
from open311.site.rendering import HEADERS, page
from open311.web import photos


@blueprint.page("/offline")
def offline() -> Response:
    """What a device shows in place of a page that it has not kept."""
    return page("offline/offline.html")


@blueprint.page("/report/offline")
def offline_form() -> Response:
    """The whole form on one page, with the questions of all services."""
    return page(
        "offline/form.html",
        groups=listing.services_by_group(city()),
        asked=_questions,
        fingerprint=questions.fingerprint,
        changeset=write_utc(city().changeset),
        most_photos=current.core().settings.max_photos,
        mail=mail_subscriptions.possible(current.core()),
        errors={},
    )


def _questions(service: Service) -> list[questions.Question]:
    return questions.questions(service, {}, {})


@blueprint.page("/report/waiting")
def waiting() -> Response:
    """What waits on this device; only its scripts know."""
    return page("offline/waiting.html")


@blueprint.page("/report/handed-in", methods=("POST",), access="form")
def handed_in() -> Response:
    """Take in a draft that a device has kept; answers with its problems, how to send it, or that it was sent."""
    # The device makes the token, so that it can repeat itself after a lost response without reporting twice.
    token = form_input.posted("word")
    if not is_draft_token(token):
        raise NotFound(problem("error.draft.unknown"))
    core, catalogue = current.core(), city()
    draft = drafts.take_up(core, catalogue, token, abuse.network())
    # The response to an earlier attempt may have been lost, so the device gets the same one again.
    if draft.is_sent:
        return _answer({"outcome": "sent", "address": _step(draft, "sent")})
    try:
        drafts.keep(core, draft, _typed_fields())
    except Invalid as refused:
        faults = [asdict(form_input.at_field(problem)) for problem in refused.problems]
        return _answer({"outcome": "look", "wrong": faults})
    sent = photos.media_parts(cast(LenientRequest, request), []).get("media", [])
    # Replaced, not added: a device that tries again sends all of its photos again.
    about_photos = drafts.replace_photos(core, catalogue, draft, [file.stream for file in sent])
    draft = drafts.find(core, catalogue, token)
    if faults_of_photos := [
        *_changed(catalogue, draft),
        *map(form_input.at_field, about_photos),
        *form_input.field_problems(catalogue, draft),
    ]:
        return _answer({"outcome": "look", "wrong": [asdict(mistake) for mistake in faults_of_photos]})
    challenge = abuse.of_draft(draft).challenge
    return _answer(
        {"outcome": "send", "address": _step(draft, "check"), "challenge": orjson.loads(challenge or "null")}
    )


def _typed_fields() -> dict[str, Any]:
    """All steps of the form at once."""
    state: dict[str, Any] = {}
    for step in form_input.FIELDS:
        state = form_input.read(step, state)
    more = {name: form_input.posted(name) for name in ("no_danger", "asked", "changeset")}
    return _placed(state | more)


def _placed(state: dict[str, Any]) -> dict[str, Any]:
    """As after the first step: no position for an address that was changed, an address for a position alone."""
    if state["placed"] and state["placed"] != state["address"]:
        return state | {"lat": "", "long": "", "placed": ""}
    place, _ = form_input.position(state)
    if place is None or state["address"]:
        return state
    return state | {
        "address": geocoding.nearest(current.core(), city(), place.lat, place.long, current.language())
    }


def _changed(catalogue: Catalogue, draft: Draft) -> list[FieldProblem]:
    """What keeps a draft from being sent because the catalogue has changed since it was written."""
    service = form_input.service(catalogue, draft.state)
    if service is None:
        return []
    # Answers may have been given weeks ago, to questions that are asked otherwise by now.
    if draft.text("asked") != questions.fingerprint(service):
        return [FieldProblem("service_code", "category", _outcome_in_words(draft.state))]
    # The service may warn of a danger only since then; nobody may get past that by having been offline.
    if service.stop_text and draft.text("no_danger") != service.service_code:
        return [FieldProblem("no_danger", "category", words.words("page.offline.danger"))]
    return []


def _outcome_in_words(state: Mapping[str, Any]) -> str:
    with suppress(ValueError, OverflowError):
        return words.words("page.offline.changed.since", day=words.day(_moment(state)))
    return words.words("page.offline.changed")


def _moment(state: Mapping[str, Any]) -> datetime:
    """When the catalogue came into force that the draft was written under."""
    moment = datetime.fromisoformat(str(state.get("changeset")))
    # What a device has kept may be of any age, and anybody may have written it.
    if moment.tzinfo is None:
        raise ValueError
    return moment.astimezone(UTC)


def _step(draft: Draft, step: str) -> str:
    return address("report_step", token=draft.token, step=step)


def _answer(body: Mapping[str, Any]) -> Response:
    response = Response(orjson.dumps(body), headers=HEADERS, content_type="application/json; charset=utf-8")
    response.headers["Cache-Control"] = "private, no-store"
    return response
