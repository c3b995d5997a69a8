"""Every address declares who may use it."""

import pytest
from flask import Flask

from open311.app import application
from open311.model.access.actor import Right
from open311.model.access.keys import Scope
from open311.staff.blueprint import ANYBODY, OPEN

# Whoever fills in a form of the public site: what they may change hangs on a word that only they have.
FORM = "form"
KNOWN = {"public", FORM, *Scope}
# The steps of signing in need no session: the one that a password, a code or a link begins is their outcome.
SIGNING_IN = {
    "login",
    "give_code",
    "set_up_factor",
    "sign_in_by_passkey",
    "logout",
    "welcome",
    "begin_sso",
    "finish_sso",
    "sso_resume",
}
# The pages, what their scripts ask, and the interface for programs.
DESK = ("staff.", "staff_api", "staff_news")
DOCUMENT = "staff_api_document"


@pytest.fixture(scope="module")
def app() -> Flask:
    """The application with all its front doors."""
    return application()


def of_staff(app: Flask) -> dict[str, object]:
    """What the views of the desk declare, by their names."""
    views = app.view_functions.items()
    return {
        name.removeprefix("staff."): getattr(view, "access", None)
        for name, view in views
        if name.startswith(DESK)
    }


def test_every_view_declares_its_access(app: Flask) -> None:
    undeclared = {
        endpoint
        for endpoint, view in app.view_functions.items()
        if getattr(view, "access", None) not in KNOWN
        and not endpoint.endswith("static")
        and not endpoint.startswith(DESK)
    }
    assert undeclared == set()


def test_every_view_that_changes_something_needs_a_key_or_is_a_form(app: Flask) -> None:
    open_doors = [
        rule.rule
        for rule in app.url_map.iter_rules()
        if (rule.methods or set()) - {"GET", "HEAD", "OPTIONS"}
        and getattr(app.view_functions[rule.endpoint], "access", None) not in {FORM, *Scope}
        and not rule.endpoint.startswith(DESK)
    ]
    assert open_doors == []


def test_every_view_of_the_desk_names_its_rights(app: Flask) -> None:
    declared = of_staff(app)
    assert declared
    assert {name for name, access in declared.items() if access == OPEN} == {*SIGNING_IN, DOCUMENT}
    named = [access for access in declared.values() if access not in (OPEN, ANYBODY)]
    assert all(isinstance(access, tuple) and access and set(access) <= {*Right} for access in named)


def test_every_address_under_staff_is_of_the_desk(app: Flask) -> None:
    strays = [
        rule.rule
        for rule in app.url_map.iter_rules()
        if f"{rule.rule}/".startswith("/staff/") and not rule.endpoint.startswith(DESK)
    ]
    assert strays == []
