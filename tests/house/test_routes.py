"""Every address declares who may use it."""

import pytest
from flask import Flask

from open311.app import application
from open311.model.keys import Scope

# Whoever fills in a form of the public site: what they may change hangs on a word that only they have.
FORM = "form"
KNOWN = {"public", FORM, *Scope}


@pytest.fixture(scope="module")
def app() -> Flask:
    """The application with all its front doors."""
    return application()


def test_every_view_declares_its_access(app: Flask) -> None:
    undeclared = {
        endpoint
        for endpoint, view in app.view_functions.items()
        if getattr(view, "access", None) not in KNOWN and not endpoint.endswith("static")
    }
    assert undeclared == set()


def test_every_view_that_changes_something_needs_a_key_or_is_a_form(app: Flask) -> None:
    open_doors = [
        rule.rule
        for rule in app.url_map.iter_rules()
        if (rule.methods or set()) - {"GET", "HEAD", "OPTIONS"}
        and getattr(app.view_functions[rule.endpoint], "access", None) not in {FORM, *Scope}
    ]
    assert open_doors == []
