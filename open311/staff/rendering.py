"""Pages of the desk as answers: nothing of them is kept by anybody, and nothing foreign gets in."""

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from flask import Response, g, render_template, request
from markupsafe import Markup

from open311.base.errors import Forbidden, Invalid, NotFound, Problem, TooManyRequests
from open311.base.i18n import LANGUAGES, messages
from open311.http import current
from open311.http.errors import in_words
from open311.model.access.actor import Right
from open311.model.intake.channels import Channel
from open311.model.staff.accounts import new_form_token
from open311.model.staff.sign_in import LocalSignIn
from open311.site import addresses, assets, options, rendering, words
from open311.staff import catalogue_names, navigation, shortcuts
from open311.staff.blueprint import TOKEN_FIELD, address, admit, maybe_signed_in, own_path
from open311.staff.mail_problems import mail_problem
from open311.staff.right_givers import givers
from open311.staff.waiting import waits
from open311.staff.way_back import to_here

NOT_KEPT = "private, no-store"
# A warning comes so long before a session ends.
WARN_SECONDS = 300
FORBIDDEN, NOT_FOUND = 403, 404


def render(
    template: str,
    *,
    status: int = 200,
    errors: Mapping[str, str] | None = None,
    **values: Any,
) -> Response:
    """A page of the desk; `errors` are words by the id of their field.

    Among the values, `also` widens the content policy by sources, per directive.
    """
    html = render_template(f"staff/{template}", **_common(), errors=errors or {}, **values)
    response = Response(html, status, rendering.HEADERS, content_type="text/html; charset=utf-8")
    response.headers["Content-Security-Policy"] = rendering.policy(values.get("also", {}))
    response.headers["Cache-Control"] = NOT_KEPT
    response.headers["Content-Language"] = current.language()
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    return response


def _common() -> dict[str, Any]:
    """What every template can use: functions, and what this request is about."""
    return {
        "t": words.words,
        "tn": words.counted,
        "catalogue_text": words.catalogue_text,
        "options": options,
        "channel_name": channel_name,
        "mail_problem": mail_problem,
        "waits": waits,
        "unit_name": catalogue_names.unit_name,
        "unit_names": catalogue_names.unit_names,
        "role_name": catalogue_names.role_name,
        "is_known_role": catalogue_names.is_known_role,
        "service_names": catalogue_names.service_names,
        "area_names": catalogue_names.area_names,
        "day": words.day,
        "calendar_day": words.calendar_day,
        "figure": words.figure,
        "local_address": words.local_address,
        "day_and_time": words.day_and_time,
        "machine": words.machine,
        "to": address,
        "to_here": to_here,
        "file": assets.address,
        "module": assets.module_address,
        "vendor": assets.vendor,
        "symbol": assets.symbol,
        "here": addresses.here,
        "last_moment": _last_moment,
        "form_token": _form_token,
        **_of_request(),
    }


def _of_request() -> dict[str, Any]:
    somebody = maybe_signed_in()
    rights = somebody.staff.rights if somebody else frozenset[Right]()
    settings = current.core().settings
    return {
        "language": current.language(),
        "languages": [(code, words.own_name(code)) for code in LANGUAGES],
        "site_name": rendering.site_name(g.get("catalogue")),
        "public_home": f"{addresses.root()}/",
        "root": addresses.root(),
        "me": somebody.account if somebody else None,
        "sso": settings.sso_issuer is not None and settings.sso_client_id is not None,
        "local": settings.sso_issuer is None or settings.sso_local != LocalSignIn.OFF,
        # For what is shown only. Whether somebody may do it, each view and each action asks for itself.
        "has": lambda right: right in rights,
        "menu": navigation.entries(rights) if somebody else (),
        "shortcuts": shortcuts.SHORTCUTS,
        "menu_keys": shortcuts.OF_MENU,
        "done": _done_message(),
        "ends_in": seconds_left() if somebody else None,
        "warn_seconds": WARN_SECONDS,
        "view": (request.endpoint or "").removeprefix("staff."),
    }


def channel_name(channel: str | None) -> str:
    """How a report came; words of other systems as they are."""
    if channel in set(Channel):
        return words.words(f"desk.channel.{channel}")
    return channel or words.words("desk.case.channel.unknown")


def _form_token() -> Markup:
    """The hidden field that every form of a session carries."""
    token = g.get("staff_token")
    if not token or maybe_signed_in() is None:
        return Markup("")
    return Markup('<input type="hidden" name="{}" value="{}">').format(TOKEN_FIELD, new_form_token(token))


def _done_message() -> str:
    """What was done just now, if the address says so and there are words for it."""
    word = request.args.get("done", "") if request.method == "GET" else ""
    # Anybody can write an address: only our own words may be said on a page of the city.
    return word if f"desk.done.{word}" in messages(current.language()) else ""


def _last_moment(end: datetime) -> datetime:
    """A moment of the last day: what ends at midnight was good on the day before."""
    return end - timedelta(seconds=1)


def seconds_left() -> int | None:
    """In how many seconds this session ends if nothing is done until then."""
    somebody = maybe_signed_in()
    if somebody is None:
        return None
    # This very request keeps it alive, so only the absolute end is near by itself.
    idle = current.core().settings.session_idle_minutes * 60
    absolute = int((somebody.session.ends_datetime - current.core().now()).total_seconds())
    return max(0, min(idle, absolute))


def next_path(chosen: str) -> str:
    """Where to go on to: a page of the desk that was asked for, else my day."""
    path = own_path(chosen)
    return addresses.root() + path if path else address("home")


def error_page(status: int, *problems: Problem, headers: Mapping[str, str] | None = None) -> Response:
    """An error as a page of the desk, with a way on."""
    # There are words for these.
    code = status if status in (400, 403, 404, 405, 409, 429, 500, 503) else 500 if status >= 500 else 400
    reasons = [in_words(problem) for problem in problems] if status in (400, 403, 409, 429) else []
    if status == NOT_FOUND and "signed_in" not in g:
        # No view has this address, so nobody was let in yet.
        with suppress(Forbidden, Invalid, NotFound, TooManyRequests):
            admit()
    # What fails before anybody is let in still needs a page, with the name of a city on it.
    if g.get("catalogue") is None:
        g.catalogue = next(iter(current.core().catalogues.in_force), None)
    helped_by = givers(problems) if status == FORBIDDEN else None
    response = render("error.html", status=status, code=code, reasons=reasons, helped_by=helped_by)
    response.headers.update(headers or {})
    return response
