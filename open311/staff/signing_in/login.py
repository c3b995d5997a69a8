"""Signing in and out: the password, the second factor, a one-time link."""

from flask import Response, g, redirect, request
from flask.typing import ResponseReturnValue

from open311.actions.staff_accounts import own_account, passkeys, second_factor, sign_in
from open311.adapters.signing_in.passkeys import Site
from open311.base.errors import Invalid, NotFound, Open311Error, TooManyRequests
from open311.http import current
from open311.http.errors import in_words
from open311.model.staff.accounts import SHORTEST_PASSWORD, SignedIn, Stage
from open311.site import rendering, words
from open311.staff import session_cookie
from open311.staff.blueprint import (
    STEPS,
    StaleForm,
    address,
    blueprint,
    maybe_signed_in,
    open_page,
    own_path,
    page,
    sender,
    signed_in,
)
from open311.staff.forms import posted
from open311.staff.rendering import next_path, render
from open311.staff.signing_in import interrupted_form
from open311.staff.signing_in.interrupted_form import InterruptedForm

# Steps that a passkey takes the place of.
BY_PASSKEY = ("signing_in/login.html", "signing_in/code.html")


def was_sent() -> bool:
    """Whether the form of this very page was sent, not one that was interrupted."""
    return request.method == "POST" and not g.get("interrupted")


def _on_the_way(stage: Stage) -> SignedIn | None:
    somebody: SignedIn | None = g.signed_in
    return somebody if somebody and somebody.session.stage is stage else None


@open_page("/login", methods=("GET", "POST"))
def login() -> ResponseReturnValue:
    """Ask for address and password."""
    if not was_sent():
        if maybe_signed_in():
            return redirect(next_path(request.args.get("next", "")), 303)
        return _step("signing_in/login.html", status=403 if g.get("interrupted") else 200)
    email = posted("email")
    try:
        token = sign_in.sign_in(current.core(), email, posted("password"), sender())
    except (Invalid, TooManyRequests) as refused:
        # The same words whether the address or the password is wrong: which addresses have accounts is nobody's
        # business.
        return refused_step("signing_in/login.html", refused, "email", email=email[:254])
    return go_on(token)


@open_page("/login/code", methods=("GET", "POST"))
def give_code() -> ResponseReturnValue:
    """Ask for the code of the second factor."""
    somebody = _on_the_way(Stage.CODE)
    if somebody is None:
        return redirect(address("login", next=_next()), 303)
    if not was_sent():
        return _step("signing_in/code.html")
    try:
        token = sign_in.give_code(current.core(), g.staff_token, somebody, posted("code"), sender())
    except (Invalid, TooManyRequests) as refused:
        return refused_step("signing_in/code.html", refused, "code")
    return go_on(token)


@open_page("/login/factor", methods=("GET", "POST"))
def set_up_factor() -> ResponseReturnValue:
    """Have staff who need a second factor and have none set one up."""
    somebody = _on_the_way(Stage.ENROL)
    if somebody is None:
        return redirect(address("login", next=_next()), 303)
    return factor_page(somebody)


def factor_page(somebody: SignedIn) -> ResponseReturnValue:
    """Offer a secret for an app, and take it into use once a code shows that it works."""
    core = current.core()
    sealed = posted("sealed") if was_sent() else ""
    error: Open311Error | None = None
    if was_sent():
        try:
            token, codes = second_factor.set_up(core, somebody, sealed, posted("code"), sender())
            return _show_codes(token, codes)
        except Invalid as refused:
            error = refused
    offer = second_factor.offer(core, somebody.account, rendering.site_name(g.catalogue), sealed)
    return _step(
        "signing_in/factor.html",
        status=400 if error else 200,
        errors={"code": in_words(error.problems[0])} if error else None,
        offer=offer,
        picture=second_factor.picture(offer),
    )


def _show_codes(token: str, codes: list[str]) -> ResponseReturnValue:
    """The recovery codes, this once; the session is a new one from here."""
    _take(token)
    response = _step("signing_in/codes.html", codes=codes, on=next_path(_next()))
    # A session is a new one after every step, so that a token which somebody planted or saw before opens nothing
    # after it.
    session_cookie.put(response, token)
    return response


def _take(token: str) -> None:
    """Let the rest of this request be that of the new session."""
    g.staff_token = token
    g.signed_in = sign_in.find(current.core(), token)


def go_on(token: str) -> ResponseReturnValue:
    """After a step: the next one, what was typed before, or the page that was asked for."""
    _take(token)
    somebody: SignedIn = g.signed_in
    step, waiting = STEPS.get(somebody.session.stage), interrupted_form.of_request()
    if step and waiting:
        response = _step_of(somebody, waiting)
    elif step:
        response = redirect(address(step, next=_next() or None), 303)  # type: ignore[assignment]
    elif waiting:
        response = kept_page(waiting)
    else:
        response = redirect(next_path(_next()), 303)  # type: ignore[assignment]
    session_cookie.put(response, token)
    return response


def _step_of(somebody: SignedIn, waiting: InterruptedForm) -> Response:
    if somebody.session.stage is Stage.CODE:
        return _step("signing_in/code.html")
    offer = second_factor.offer(current.core(), somebody.account, rendering.site_name(g.catalogue))
    return render(
        "signing_in/factor.html",
        kept=waiting,
        next=_next(),
        offer=offer,
        picture=second_factor.picture(offer),
    )


def _step(template: str, **values: object) -> Response:
    offer = passkeys.to_sign_in(current.core(), site()) if template in BY_PASSKEY else None
    return render(template, kept=interrupted_form.of_request(), next=_next(), passkey=offer, **values)  # type: ignore[arg-type]


def site() -> Site:
    return Site(current.base_url(), rendering.site_name(g.catalogue))


def refused_step(template: str, refused: Open311Error, field: str, **values: object) -> Response:
    late = isinstance(refused, TooManyRequests)
    errors = {field: in_words(refused.problems[0])}
    response = _step(template, status=429 if late else 400, errors=errors, **values)
    if isinstance(refused, TooManyRequests):
        response.headers["Retry-After"] = str(refused.retry_after)
    return response


def _next() -> str:
    return own_path(request.values.get("next", "")) or ""


@blueprint.errorhandler(StaleForm)
def keep(_: StaleForm) -> ResponseReturnValue:
    """Offer a form again that came from before the last sign-in."""
    waiting = interrupted_form.of_request()
    return kept_page(waiting, status=409) if waiting else redirect(address("home"), 303)


def kept_page(waiting: InterruptedForm, status: int = 200) -> Response:
    """What was typed before, to be sent by a press."""
    return render("signing_in/interrupted_form.html", status=status, waiting=waiting)


@page("/confirm", methods=("GET", "POST"))
def confirm() -> ResponseReturnValue:
    """Ask for the password once more, before something risky."""
    if not was_sent():
        return _step("signing_in/confirm.html", status=403 if g.get("interrupted") else 200)
    try:
        sign_in.confirm(current.core(), g.staff_token, signed_in(), posted("password"))
    except (Invalid, TooManyRequests) as refused:
        return refused_step("signing_in/confirm.html", refused, "password")
    waiting = interrupted_form.of_request()
    return kept_page(waiting) if waiting else redirect(next_path(_next()), 303)


@open_page("/logout", methods=("POST",))
def logout() -> ResponseReturnValue:
    if g.staff_token:
        sign_in.sign_out(current.core(), g.staff_token)
    response: Response = redirect(address("login", done="signed_out"), 303)  # type: ignore[assignment]
    session_cookie.clear(response)
    # What this browser may have stored of the desk goes as well.
    # Not `cookies`, which would take those of every site below the city's domain, nor `storage`, in which reports
    # wait that were written without a connection.
    response.headers["Clear-Site-Data"] = '"cache"'
    return response


@open_page("/welcome/<token>", methods=("GET", "POST"))
def welcome(token: str) -> ResponseReturnValue:
    """Take up an account by a one-time link; opening the link alone changes nothing."""
    core = current.core()
    try:
        account, kind = own_account.account_of_link(core, token)
    # The same for a link that was used, one that has ended and one that never was.
    except NotFound:
        return render("signing_in/welcome_unknown.html", status=404)
    g.language = account.language
    name = posted("name") if request.method == "POST" else account.name
    errors: dict[str, str] = {}
    status = 200
    if was_sent():
        try:
            if posted("password") != posted("again"):
                errors["again"] = words.words("desk.password.differs")
            else:
                return go_on(own_account.take_up(core, token, name, posted("password"), sender()))
        except Invalid as refused:
            errors = {_field(problem.key): in_words(problem) for problem in refused.problems}
        status = 400
    return render(
        "signing_in/welcome.html",
        status=status,
        errors=errors,
        account=account,
        kind=kind.value,
        name=name,
        least=SHORTEST_PASSWORD,
    )


def _field(key: str) -> str:
    return "name" if key == "desk.account.name" else "password"
