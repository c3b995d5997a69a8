"""Signing in by passkey, and the own passkeys. Both need scripts; password and code go on working without."""

from flask import g, redirect
from flask.typing import ResponseReturnValue

from open311.actions.staff_accounts import passkeys
from open311.base.errors import Invalid
from open311.base.text import whole_number
from open311.http import current
from open311.http.errors import in_words
from open311.model.staff.accounts import Stage
from open311.staff.blueprint import address, open_page, page, redirect_to, sender, signed_in
from open311.staff.forms import posted
from open311.staff.rendering import render
from open311.staff.signing_in.login import go_on, refused_step, site, was_sent


@open_page("/login/passkey", methods=("GET", "POST"))
def sign_in_by_passkey() -> ResponseReturnValue:
    """Let somebody in whose browser answers with a key."""
    if not was_sent():
        return redirect(address("login"), 303)
    try:
        token = passkeys.use(
            current.core(), g.staff_token or "", site(), posted("challenge"), posted("credential"), sender()
        )
    except Invalid as refused:
        on_the_way = g.signed_in is not None and g.signed_in.session.stage is Stage.CODE
        return refused_step(
            "signing_in/code.html" if on_the_way else "signing_in/login.html", refused, "passkey"
        )
    return go_on(token)


@page("/me/passkeys", methods=("GET", "POST"), confirmed=True)
def own_passkeys() -> ResponseReturnValue:
    """One's own keys: make one, remove one."""
    core, somebody = current.core(), signed_in()
    errors: dict[str, str] = {}
    if (passkey_id := whole_number(posted("remove"), 9)) is not None:
        passkeys.remove(core, somebody, passkey_id)
        return redirect_to("own_passkeys", done="passkey_removed")
    if posted("credential"):
        try:
            passkeys.add(core, somebody, site(), posted("name"), posted("challenge"), posted("credential"))
            return redirect_to("own_passkeys", done="passkey_added")
        except Invalid as refused:
            errors = {"name": in_words(refused.problems[0])}
    return render(
        "signing_in/passkeys.html",
        status=400 if errors else 200,
        errors=errors,
        keys=passkeys.of_account(core, somebody),
        offer=passkeys.to_register(core, somebody, site()),
        typed=posted("name"),
    )
