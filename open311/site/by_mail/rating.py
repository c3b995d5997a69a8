"""How it ended, asked of the reporter by one link in the mail that closes a report; opening it changes nothing."""

from typing import cast

from flask import redirect, request
from werkzeug.wrappers import Response as AnyResponse

from open311.actions import casework
from open311.base.errors import Invalid, NotFound
from open311.http import current
from open311.http.errors import in_words
from open311.http.parsing.normalise import LenientRequest
from open311.site import view_models
from open311.site.addresses import address
from open311.site.blueprint import blueprint, city
from open311.site.by_mail.following import FOR_ONE_READER
from open311.site.form import form_input
from open311.site.form.steps import FORM
from open311.site.rendering import page
from open311.web import photos

ANSWERS = {"yes": True, "no": False}


@blueprint.page("/rating/<token>", methods=("GET", "POST"), access=FORM)
def rate_report(token: str) -> AnyResponse:
    """Say whether one is satisfied, and whether it is mended."""
    core = current.core()
    if request.method == "GET" and request.args.get("done"):
        return page("rating.html", cache=FOR_ONE_READER, rating=None, done=True)
    problems: list[str] = []
    try:
        rating_page = casework.find_rating(core, token)
        if rating_page.request.jurisdiction_id != city().jurisdiction.jurisdiction_id:
            raise NotFound
        if request.method == "POST":
            files = photos.media_parts(cast(LenientRequest, request), [])
            casework.rate(
                core,
                token,
                satisfied=ANSWERS.get(form_input.posted("satisfied")),
                text=form_input.posted("text"),
                not_mended=bool(form_input.posted("not_mended")),
                photos=[file.stream for file in files.get("media", [])],
            )
            return redirect(address("rate_report", token=token, done="1"), 303)
    except NotFound:
        return page("rating.html", status=404, cache=FOR_ONE_READER, rating=None, done=False)
    except Invalid as refused:
        problems = [in_words(problem) for problem in refused.problems]
    posted = form_input.posted if request.method == "POST" else (lambda _: "")
    return page(
        "rating.html",
        status=400 if problems else 200,
        cache=FOR_ONE_READER,
        rating=rating_page.rating,
        may_reopen=rating_page.may_reopen,
        report=view_models.shown_report(rating_page.request, city()),
        sent_value=posted,
        problems=problems,
        done=False,
    )
