"""Who comes in by the front door of the staff: session, rights, and that forms are our own."""

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any, cast
from urllib.parse import urlsplit

from flask import Blueprint, current_app, g, redirect, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.routing import IntegerConverter, Map
from werkzeug.wrappers import Response

from open311.actions.staff_accounts import sign_in
from open311.actions.staff_accounts.sign_in import Sender
from open311.base.errors import Forbidden, Invalid, NotFound, TooManyRequests, problem
from open311.base.i18n import LANGUAGES
from open311.http import current
from open311.http.limits import rate_limits
from open311.http.limits.rate_limits import READING
from open311.model.access.actor import Actor, Right, lacking, staff_actor
from open311.model.access.network import is_within
from open311.model.staff.accounts import Caller, SignedIn, Stage, is_form_token
from open311.model.staff.rights import Staff
from open311.model.staff.sign_in import client_name
from open311.site import addresses
from open311.staff import session_cookie

View = Callable[..., ResponseReturnValue]

TOKEN_FIELD = "form_token"
# The address of a case names the page that it was opened from, and this one that of the case: encoded twice.
LONGEST_PATH = 4000
# What a view declares instead of rights.
OPEN, ANYBODY = "sign-in", "signed-in"
STEPS = {Stage.CODE: "give_code", Stage.ENROL: "set_up_factor"}

blueprint = Blueprint("staff", __name__, url_prefix="/staff")


class IdConverter(IntegerConverter):
    """The id of an account or a role: what the database cannot hold is no address."""

    def __init__(self, url_map: Map) -> None:
        super().__init__(url_map, max=2**31 - 1)


class NumberConverter(IntegerConverter):
    def __init__(self, url_map: Map) -> None:
        super().__init__(url_map, max=2**63 - 1)


class StaleForm(Exception):
    """A form of ours that was made before the last sign-in."""


@blueprint.before_request
def admit() -> None:
    """Settle who asks. Raises `Forbidden` for plain http and for forms of other sites, `Invalid` for NUL."""
    # Before anything is looked up: a desk that is closed to a network does not exist for it.
    require_reachable()
    changes = request.method not in READING
    if changes and not _is_from_here():
        raise Forbidden(problem("desk.error.foreign"))
    g.staff_token = session_cookie.token()
    somebody = sign_in.find(current.core(), g.staff_token) if g.staff_token else None
    g.signed_in = somebody
    count(f"session {somebody.session.id}" if somebody else f"address {request.remote_addr}")
    speak(somebody)


def require_reachable() -> None:
    """Raise `NotFound` where there is no desk, `Forbidden` for plain http, `Invalid` for NUL in the query."""
    settings = current.core().settings
    if not settings.staff or not is_within(request.remote_addr, settings.staff_networks):
        raise NotFound(problem("error.path"))
    if not (session_cookie.is_secure() or session_cookie.is_local()):
        raise Forbidden(problem("desk.error.https"))
    # No text in a database holds it, and nobody types it; in forms it is left out.
    unspeakable = [name for name, value in request.args.items(multi=True) if "\0" in value]
    Invalid.unless_empty(problem("error.characters", parameter=name) for name in unspeakable)


def _is_from_here() -> bool:
    """Whether a page of ours sent this; browsers say so, and what does not say is no browser of today."""
    # Against forged requests (CSRF), before the token of the form: a page of another site learns nothing from the
    # answer.
    site = request.headers.get("Sec-Fetch-Site")
    # Also `same-site` is somebody else: other services of the city live below the same domain.
    if site is not None:
        return site == "same-origin"
    # Browsers send it with every POST, but some leave out `Sec-Fetch-Site` by plain http.
    origin = request.headers.get("Origin")
    # Behind a proxy that does not hand on the name of the host, only the settings know it.
    own = {request.host, urlsplit(current.base_url()).netloc}
    return origin is not None and urlsplit(origin).netloc in own


def _has_token() -> bool:
    sent = request.form.get(TOKEN_FIELD) or request.headers.get("X-Form-Token") or ""
    return is_form_token(g.staff_token, sent)


def count(who: str) -> None:
    """Count a request on the session or the token, else on the address: a whole town hall may share that."""
    settings, counted = current.core().settings, rate_limits.limits()
    if counted is None:
        return
    reads = request.method in READING
    allowed = settings.rate_limit_get if reads else settings.rate_limit_post
    if seconds := counted.minute.seconds_to_wait(f"staff {'reads' if reads else 'writes'} of {who}", allowed):
        raise TooManyRequests(problem("error.rate_limit", limit=allowed), retry_after=seconds)


def speak(somebody: Caller | None) -> None:
    """The language of the account, and the time zone of the first city it works for."""
    in_force = current.core().catalogues.in_force
    own = somebody.staff.jurisdictions() if somebody else ()
    chosen = [catalogue for catalogue in in_force if catalogue.jurisdiction.jurisdiction_id in own]
    g.catalogue = next(iter([*chosen, *in_force]), None)
    if somebody and somebody.account.language in LANGUAGES:
        g.language = somebody.account.language


def page(
    rule: str, *rights: Right, methods: Sequence[str] = ("GET",), confirmed: bool = False
) -> Callable[[View], View]:
    """Register a view for staff who have one of these rights somewhere; without any, for everybody signed in.

    With `confirmed` the password is asked for again, unless that was done a short time ago.
    """

    def register(view: View) -> View:
        @wraps(view)
        def guarded(**values: Any) -> ResponseReturnValue:
            return _stopped(rights, confirmed=confirmed) or view(**values)

        # A view says who may open it, so that a test can walk through all addresses and find none that is open by
        # accident.
        return _add(rule, guarded, methods, rights or ANYBODY)

    return register


def open_page(rule: str, methods: Sequence[str] = ("GET",)) -> Callable[[View], View]:
    """Register a view that needs no session: what leads to one."""
    return lambda view: _add(rule, view, methods, OPEN)


def _add(rule: str, view: View, methods: Sequence[str], access: object) -> View:
    view.access = access  # type: ignore[attr-defined]
    blueprint.add_url_rule(rule, view.__name__, view, methods=list(methods))
    return view


def _stopped(rights: Sequence[Right], *, confirmed: bool) -> ResponseReturnValue | None:
    """What is answered instead of the view: the next step of signing in, or the password once more.

    A form from before the last sign-in is not sent but offered again.
    """
    somebody: SignedIn | None = g.signed_in
    if somebody is None or somebody.session.stage is not Stage.FULL:
        return _to_sign_in(somebody)
    if rights and not somebody.staff.rights.intersection(rights):
        raise Forbidden(lacking(rights[0]))
    # After the rights: who lacks them is told so, and not first asked to send the form again.
    if request.method not in READING and not _has_token():
        g.interrupted = True
        raise StaleForm
    if confirmed and not somebody.session.is_confirmed(current.core().now()):
        return _ask("confirm")
    return None


def _to_sign_in(somebody: SignedIn | None) -> ResponseReturnValue:
    return _ask(STEPS[somebody.session.stage] if somebody else "login")


def _ask(step: str) -> ResponseReturnValue:
    """Lead to a step of signing in; a form that was sent comes along, to be offered afterwards."""
    if request.method in READING:
        return redirect(address(step, next=here()), 303)
    g.interrupted = True
    # No redirect: a browser follows it by GET, and what was typed would be gone.
    view: Any = current_app.view_functions[f"{blueprint.name}.{step}"]
    return cast(ResponseReturnValue, view())


def signed_in() -> SignedIn:
    """Who asks, with the session of a browser."""
    return cast(SignedIn, g.signed_in)


def caller() -> Caller:
    """Who asks, by a session or a token."""
    return cast(Caller, g.signed_in)


def maybe_signed_in() -> SignedIn | None:
    """Who asks, if anybody that is signed in all the way."""
    somebody: SignedIn | None = g.get("signed_in")
    return somebody if somebody and somebody.session.stage is Stage.FULL else None


def staff() -> Staff:
    """The roles of the actor."""
    return caller().staff


def actor(jurisdiction_id: str) -> Actor:
    """Who acts, with the rights that are good in this jurisdiction."""
    return staff().actor(jurisdiction_id)


def account_actor() -> Actor:
    """Who acts on accounts; the action looks up itself what they may."""
    somebody = staff()
    return staff_actor(somebody.account_id, somebody.rights, somebody.jurisdictions())


def sender() -> Sender:
    """Where this request comes from."""
    return Sender(request.remote_addr or "", client_name(request.headers.get("User-Agent", "")))


def address(view: str, **values: Any) -> str:
    """The path of a page of the desk; without a session the chosen language goes along."""
    if maybe_signed_in() is None and (chosen := addresses.chosen_language()):
        values.setdefault("locale", chosen)
    query = {name: value for name, value in values.items() if value is not None}
    return addresses.root() + url_for(f"{blueprint.name}.{view}", **query)


def here() -> str:
    """The path of this page, to come back to."""
    query = request.query_string.decode("utf-8", "replace")
    return f"{request.path}?{query}" if query else request.path


def own_path(path: str) -> str | None:
    """A path to come back to, if it leads to a page of the desk and nowhere else."""
    starts = path == "/staff" or path.startswith(("/staff/", "/staff?"))
    # Browsers take `//host` and `/\host` for another site (open redirect), and `/staff/..` for what lies above.
    place = path.partition("?")[0].casefold().replace("%2e", ".")
    odd = "//" in place or ".." in place or "\\" in path or not path.isprintable()
    return path if starts and not odd and len(path) <= LONGEST_PATH else None


def redirect_to(view: str, *, done: str | None = None, **values: Any) -> Response:
    """Go on to a page of the desk after a form; `done` is what it says on top."""
    return redirect(address(view, done=done, **values), 303)
