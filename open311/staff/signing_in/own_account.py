"""One's own account: language, keys, password, second factor, where one is signed in."""

from flask import g
from flask.typing import ResponseReturnValue

from open311.actions.staff_accounts import own_account, second_factor, sign_in
from open311.base.errors import Invalid, TooManyRequests
from open311.base.text import whole_number
from open311.http import current
from open311.http.errors import in_words
from open311.model.staff.accounts import FIRST_HOUR, LAST_HOUR, SHORTEST_PASSWORD, MailChoice
from open311.site import words
from open311.staff import session_cookie
from open311.staff.blueprint import address, page, redirect_to, sender, signed_in
from open311.staff.forms import posted
from open311.staff.rendering import render
from open311.staff.signing_in.login import factor_page

MAIL_CHOICES = {
    MailChoice.AT_ONCE: "desk.me.mails.at_once",
    MailChoice.DAILY: "desk.me.mails.daily",
    MailChoice.NONE: "desk.me.mails.none",
}


@page("/me", methods=("GET", "POST"))
def me() -> ResponseReturnValue:
    """Everything about one's own account on one page."""
    somebody, core = signed_in(), current.core()
    errors: dict[str, str] = {}
    if posted("language"):
        try:
            own_account.set_preferences(
                core,
                somebody,
                language=posted("language"),
                keys=bool(posted("keys")),
                mails=posted("mails"),
                mail_hour=whole_number(posted("mail_hour")),
            )
            return redirect_to("me", done="saved")
        except Invalid as refused:
            first = refused.problems[0]
            errors = {first.key.rpartition(".")[2]: in_words(first)}
    return render(
        "signing_in/own_account.html",
        status=400 if errors else 200,
        errors=errors,
        account=somebody.account,
        current=somebody.session.id,
        sessions=sign_in.own_sessions(core, somebody),
        codes_left=second_factor.codes_left(core, somebody),
        demanded=second_factor.is_demanded(core, somebody),
        roles=somebody.staff.memberships,
        mail_choices=[(choice.value, words.words(key)) for choice, key in MAIL_CHOICES.items()],
        mail_hours=[(hour, f"{hour}:00") for hour in range(FIRST_HOUR, LAST_HOUR + 1)],
    )


@page("/me/password", methods=("GET", "POST"))
def change_password() -> ResponseReturnValue:
    """Choose another password; every other session ends."""
    errors: dict[str, str] = {}
    status = 200
    if posted("new_password") or posted("old_password"):
        try:
            if posted("new_password") != posted("again"):
                errors, status = {"again": words.words("desk.password.differs")}, 400
            else:
                return _with_new_password()
        except Invalid as refused:
            errors, status = {_field(problem.key): in_words(problem) for problem in refused.problems}, 400
        except TooManyRequests as refused:
            errors, status = {"old_password": in_words(refused.problems[0])}, 429
    return render("signing_in/password.html", status=status, errors=errors, least=SHORTEST_PASSWORD)


def _with_new_password() -> ResponseReturnValue:
    old, new = posted("old_password"), posted("new_password")
    token = own_account.change_password(current.core(), signed_in(), old, new, sender())
    response = redirect_to("me", done="password")
    session_cookie.put(response, token)
    return response


def _field(key: str) -> str:
    return "old_password" if key == "desk.password.wrong" else "new_password"


@page("/me/factor", methods=("GET", "POST"), confirmed=True)
def change_factor() -> ResponseReturnValue:
    """Set up an app, or another one."""
    return factor_page(signed_in())


@page("/me/factor/remove", methods=("GET", "POST"), confirmed=True)
def remove_factor() -> ResponseReturnValue:
    """Do without an app, where that is allowed."""
    if not signed_in().account.second_factor:
        return redirect_to("me")
    if posted("remove"):
        second_factor.remove(current.core(), signed_in())
        return redirect_to("me", done="factor_removed")
    return render("signing_in/factor_remove.html")


@page("/me/codes", methods=("GET", "POST"), confirmed=True)
def renew_codes() -> ResponseReturnValue:
    """New recovery codes in the place of the old ones."""
    if not signed_in().account.second_factor:
        # Nothing would ever ask for such a code, and the next app brings its own.
        return redirect_to("me")
    if posted("renew"):
        codes = second_factor.renew_codes(current.core(), signed_in())
        return render("signing_in/codes.html", codes=codes, on=address("me"), kept=None)
    return render("signing_in/codes_renew.html", left=second_factor.codes_left(current.core(), signed_in()))


@page("/me/sessions", methods=("POST",))
def end_sessions() -> ResponseReturnValue:
    """End one of one's own sessions, or all but this one."""
    chosen = posted("session")
    if chosen == "others":
        sign_in.end_other_sessions(current.core(), g.staff_token, signed_in())
    elif chosen.isascii() and chosen.isdigit() and len(chosen) < 19:
        sign_in.end_session(current.core(), signed_in(), int(chosen))
    return redirect_to("me", done="sessions_ended")
