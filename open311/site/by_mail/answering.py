"""The answer of the reporter to a question of the city, behind a link that only they have."""

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


@blueprint.page("/answer/<token>", methods=("GET", "POST"), access=FORM)
def answer_question(token: str) -> AnyResponse:
    """Read the question and answer it; opening the link changes nothing, since mail scanners open all links."""
    core = current.core()
    if request.method == "GET" and request.args.get("done"):
        return page("answer.html", cache=FOR_ONE_READER, question=None, done=True)
    problems: list[str] = []
    try:
        question = casework.find_question(core, token)
        if question.request.jurisdiction_id != city().jurisdiction.jurisdiction_id:
            # A link is good in its own city, whose name and words the page has.
            raise NotFound
        if request.method == "POST" and not form_input.other_language():
            files = photos.media_parts(cast(LenientRequest, request), [])
            sent = [file.stream for file in files.get("media", [])]
            casework.reply(core, token, form_input.posted("text"), sent)
            return redirect(address("answer_question", token=token, done="1"), 303)
    except NotFound:
        return page("answer.html", status=404, cache=FOR_ONE_READER, question=None, done=False)
    except Invalid as refused:
        problems = [in_words(problem) for problem in refused.problems]
    return page(
        "answer.html",
        status=400 if problems else 200,
        cache=FOR_ONE_READER,
        question=question,
        report=view_models.shown_report(question.request, city()),
        text=form_input.posted("text") if request.method == "POST" else "",
        problems=problems,
        done=False,
    )
