"""One's own tokens: what programs of somebody's carry at the interface of the desk."""

from flask import request
from flask.typing import ResponseReturnValue

from open311.actions.staff_accounts import access_tokens
from open311.base.errors import Invalid
from open311.base.text import whole_number
from open311.http import current
from open311.http.errors import in_words
from open311.model.access.actor import Right
from open311.model.staff.access_tokens import LONGEST_NAME, longest
from open311.site import addresses
from open311.staff.api.blueprint import ROOT
from open311.staff.blueprint import page, redirect_to, signed_in
from open311.staff.rendering import render

FIELDS = {"desk.token.rights": "rights", "desk.token.days": "days"}


@page("/me/tokens", Right.API_TOKENS, methods=("GET", "POST"), confirmed=True)
def own_tokens() -> ResponseReturnValue:
    """Make a token, which is shown this once, or remove one."""
    core, owner, form = current.core(), signed_in(), request.form
    if (token_id := whole_number(form.get("remove", ""), 9)) is not None:
        access_tokens.remove(core, owner, token_id)
        return redirect_to("own_tokens", done="token_removed")
    errors: dict[str, str] = {}
    secret = ""
    if form.get("make"):
        rights = [right for right in Right if right.value in form.getlist("rights")]
        days = whole_number(form.get("days", "").strip(), 4)
        try:
            secret = access_tokens.add(core, owner, form.get("name", ""), rights, days)
        except Invalid as refused:
            errors = {FIELDS.get(wrong.key, "name"): in_words(wrong) for wrong in refused.problems}
    return render(
        "signing_in/access_tokens.html",
        status=400 if errors else 200,
        errors=errors,
        secret=secret,
        form=form if errors else request.args,
        tokens=access_tokens.of_account(core, owner),
        offered=access_tokens.offered(owner),
        longest_name=LONGEST_NAME,
        longest_days=longest(of_sso=owner.account.issuer is not None).days,
        document=f"{addresses.root()}{ROOT}/openapi.json",
    )
