"""Single sign-on: the redirect to the city's identity provider, and its callback."""

from flask import redirect, request
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from open311.actions.staff_accounts import sso
from open311.base.errors import Forbidden, Invalid, NotFound, problem
from open311.http import current
from open311.http.errors import in_words
from open311.site import addresses
from open311.staff import session_cookie
from open311.staff.blueprint import address, maybe_signed_in, open_page, own_path, sender
from open311.staff.rendering import next_path, render
from open311.staff.signing_in import interrupted_form
from open311.staff.signing_in.login import kept_page


@open_page("/login/sso")
def begin_sso() -> ResponseReturnValue:
    """Send the browser to the provider."""
    _require_provider()
    chosen = own_path(request.args.get("next", "")) or ""
    try:
        redirection = sso.begin(
            current.core(), _redirect_uri(), chosen, reauthenticate=bool(request.args.get("again"))
        )
    except Invalid as refused:
        return _refusal_page(refused, 503)
    response = redirect(redirection.address, 303)
    response.headers["Cache-Control"] = "private, no-store"
    session_cookie.put_sso_state(response, redirection.sealed)
    return response


@open_page("/login/sso/back")
def finish_sso() -> ResponseReturnValue:
    """Sign in the person whom the provider sends back."""
    _require_provider()
    state, code = request.args.get("state", ""), request.args.get("code", "")
    try:
        session = sso.finish(
            current.core(), session_cookie.sso_state(), state, code, _redirect_uri(), sender()
        )
    except (Invalid, Forbidden) as refused:
        response = _refusal_page(refused, 403 if isinstance(refused, Forbidden) else 400)
    else:
        response = redirect(next_path(session.next_path), 303)
        session_cookie.put(response, session.token)
    # Whatever came of it: the sealed state is good for one callback.
    session_cookie.clear_sso_state(response)
    return response


@open_page("/login/resume", methods=("POST",))
def sso_resume() -> ResponseReturnValue:
    """Go on with what was typed, once its writer has signed in in another window."""
    waiting = interrupted_form.of_request()
    if maybe_signed_in() is None:
        return render("signing_in/login.html", status=403, kept=waiting, next="", still_out=True)
    return kept_page(waiting) if waiting else redirect(address("home"), 303)


def _require_provider() -> None:
    if not sso.is_possible(current.core()):
        raise NotFound(problem("error.path"))


def _redirect_uri() -> str:
    return addresses.absolute(address("finish_sso", locale=None))


def _refusal_page(refused: Invalid | Forbidden, status: int) -> Response:
    return render(
        "signing_in/sso_failed.html",
        status=status,
        reasons=[in_words(problem) for problem in refused.problems],
    )
