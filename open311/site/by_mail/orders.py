"""The page of an order, for the contractor who has its link. Opening it changes nothing: scanners open all links."""

from datetime import date
from typing import cast

from flask import Response, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from open311.actions import casework
from open311.actions.casework import OrderPage
from open311.base.errors import Invalid, NotFound, problem
from open311.base.text import whole_number
from open311.http import current
from open311.http.errors import in_words
from open311.http.parsing.normalise import LenientRequest
from open311.model.casework.orders import OrderAnswer
from open311.site import view_models
from open311.site.addresses import address
from open311.site.blueprint import blueprint, city
from open311.site.by_mail.following import FOR_ONE_READER
from open311.site.form import form_input
from open311.site.form.steps import FORM
from open311.site.rendering import page
from open311.site.words import degrees
from open311.web import photos


@blueprint.page("/order/<token>", methods=("GET", "POST"), access=FORM)
def order(token: str) -> AnyResponse:
    try:
        order_page = _found(token)
        if order_page.has_ended:
            # Not 404: whoever has the link shall hear that the order has ended, and not look for a slip in the
            # address.
            return page("order.html", status=410, cache=FOR_ONE_READER, order=None, ended=True)
        if request.method == "POST":
            answer = _answer(token)
            return redirect(address("order", token=token, done=answer.value), 303)
    except NotFound:
        return page("order.html", status=404, cache=FOR_ONE_READER, order=None, ended=False)
    except Invalid as refused:
        return _order_page(token, _found(token), [in_words(problem) for problem in refused.problems])
    return _order_page(token, order_page, [])


@blueprint.page("/order/<token>/photos/<int:media_id>", access=FORM)
def order_photo(token: str, media_id: int) -> AnyResponse:
    _found(token)
    response = Response(casework.photo_of_order(current.core(), token, media_id), content_type="image/jpeg")
    response.headers["Cache-Control"] = FOR_ONE_READER
    # A photo in a tab of its own is a document: nothing in it may run.
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response


def _found(token: str) -> OrderPage:
    order_page = casework.find_order(current.core(), token)
    if order_page.request.jurisdiction_id != city().jurisdiction.jurisdiction_id:
        raise NotFound(problem("error.order.link"))
    return order_page


def _answer(token: str) -> OrderAnswer:
    word, answers = form_input.posted("act"), form_input.posted("answers")
    if word not in tuple(OrderAnswer):
        raise Invalid(problem("error.order.act"))
    files = photos.media_parts(cast(LenientRequest, request), [])
    casework.answer_order(
        current.core(),
        token,
        OrderAnswer(word),
        text=form_input.posted(f"text_{word}") or form_input.posted("text"),
        planned=_day(form_input.posted("planned")),
        photos=[file.stream for file in files.get("media", [])],
        answers=whole_number(answers, 4),
    )
    return OrderAnswer(word)


def _day(word: str) -> date | None:
    try:
        return date.fromisoformat(word.strip()) if word.strip() else None
    except ValueError:
        raise Invalid(problem("desk.error.day")) from None


def _order_page(token: str, order_page: OrderPage, problems: list[str]) -> AnyResponse:
    done = request.args.get("done", "") if request.method == "GET" else ""
    return page(
        "order.html",
        status=400 if problems else 200,
        cache=FOR_ONE_READER,
        order=order_page.order,
        ended=False,
        report=view_models.shown_report(order_page.request, city()),
        photos=order_page.photos,
        degrees=degrees,
        letters=order_page.letters,
        token=token,
        problems=problems,
        sent=form_input.posted("act") if problems else "",
        sent_value=form_input.posted if problems else (lambda _: ""),
        done=done if done in tuple(OrderAnswer) else "",
    )
