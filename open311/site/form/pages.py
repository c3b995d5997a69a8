"""The pages of the report form."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from flask import Response, redirect
from werkzeug.wrappers import Response as AnyResponse

from open311.http import current
from open311.model.catalogue import Service
from open311.model.intake.drafts import Draft
from open311.model.maps.place import Place
from open311.notifications import mail_subscriptions
from open311.site import view_models
from open311.site.addresses import address
from open311.site.blueprint import city
from open311.site.form import form_input, questions, things
from open311.site.form.abuse import HONEYPOT
from open311.site.form.category_search import matching_services
from open311.site.form.form_input import FieldProblem
from open311.site.form.nearby import nearby
from open311.site.form.place_questions import Question
from open311.site.list import listing, maps
from open311.site.rendering import CHANGES_ANY_TIME, page
from open311.site.words import degrees
from open311.site.words import words as messages

FOR_ITS_WRITER = "private, no-store"
NOTHING: Mapping[str, Any] = MappingProxyType({})


def to_step(draft: Draft, name: str, **more: Any) -> AnyResponse:
    """Go on with another step, by an address that can be loaded again."""
    return redirect(address("report_step", token=draft.token, step=name, **more), 303)


def step(
    name: str,
    draft: Draft | None,
    *,
    faults: Sequence[FieldProblem] = (),
    status: int | None = None,
    begun: Mapping[str, Any] = NOTHING,
    **values: Any,
) -> Response:
    """A page of the form. What is wrong is told on top and at its fields; `begun` is what a new one begins with."""
    errors: dict[str, str] = {}
    for mistake in faults:
        errors.setdefault(mistake.field, mistake.words)
    return page(
        f"form/{name}.html",
        status=status or (400 if faults else 200),
        cache=FOR_ITS_WRITER if draft else CHANGES_ANY_TIME,
        draft=draft,
        state=draft.state if draft else begun,
        wrong=faults,
        # Nothing that was typed is wrong.
        later=status == 429,
        errors=errors,
        steps=form_input.STEPS,
        step=name,
        most_photos=current.core().settings.max_photos,
        honeypot=HONEYPOT,
        **values,
    )


def place(
    draft: Draft | None,
    *,
    faults: Sequence[FieldProblem] = (),
    question: Question | None = None,
    begun: Mapping[str, Any] = NOTHING,
) -> Response:
    """Where it is, and what is asked back about that; `begun` is what a link to the form says already."""
    return step(
        "place",
        draft,
        faults=faults,
        question=question,
        begun=begun,
        position=_position(draft.state if draft else begun),
        map=maps.to_point_on(city()),
        also=maps.sources(),
    )


def _position(state: Mapping[str, Any]) -> str:
    place = form_input.position(state)[0]
    return degrees(place.lat, place.long) if place else ""


def category(draft: Draft, *, faults: Sequence[FieldProblem] = (), words: str = "") -> Response:
    return step("category", draft, faults=faults, groups=_groups(words), words=words)


def _groups(words: str) -> list[tuple[str, list[Service]]]:
    """All services under their headings; those that words fit without headings, the best first."""
    if not words.strip():
        return listing.services_by_group(city())
    services = matching_services(city(), words)
    return [(messages("page.form.category.fitting"), services)] if services else []


def danger(draft: Draft) -> Response:
    """The words that stop people who should call for help."""
    return step("danger", draft, service=form_input.service(city(), draft.state))


def emergency(draft: Draft) -> Response:
    return step("emergency", draft, service=form_input.service(city(), draft.state))


def details(
    draft: Draft,
    *,
    faults: Sequence[FieldProblem] = (),
    more: bool = False,
    taken_at: Place | None = None,
    elsewhere: Place | None = None,
) -> Response:
    """The questions of the service. `more`: an answer has led to further ones.

    `taken_at` is where a photo was taken, `elsewhere` where the thing is whose number was given.
    """
    service = form_input.service(city(), draft.state)
    if service is None:
        return category(
            draft,
            faults=[
                mistake for mistake in form_input.field_problems(city(), draft) if mistake.step == "category"
            ],
        )
    errors = {mistake.field: mistake.words for mistake in reversed(faults)}
    seen = draft.state.get("seen", ())
    return step(
        "details",
        draft,
        faults=faults,
        more=more,
        service=service,
        questions=questions.questions(service, things.numbers_at(draft, service), errors),
        shown=" ".join(questions.asked_codes(service, draft.answers)),
        nearby=[request for request in nearby(draft) if request.number not in seen],
        taken_at=taken_at,
        taken_at_words=degrees(taken_at.lat, taken_at.long) if taken_at else "",
        elsewhere=elsewhere,
    )


def contact(draft: Draft, *, faults: Sequence[FieldProblem] = (), retry_after: int = 0) -> Response:
    """How to reach the sender; with `retry_after` a mail was asked for that is not sent now."""
    status = 429 if retry_after else None
    response = step(
        "contact", draft, faults=faults, status=status, mail=mail_subscriptions.possible(current.core())
    )
    if retry_after:
        response.headers["Retry-After"] = str(retry_after)
    return response


def draft_expired() -> Response:
    return page("form/gone.html", status=404, cache="no-store", reason=messages("error.draft.unknown"))


def answers_shown(draft: Draft, service: Service) -> list[tuple[str, str]]:
    return view_models.answered(service.attributes, questions.asked_answers(service, draft.answers))
