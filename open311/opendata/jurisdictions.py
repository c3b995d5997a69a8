"""Addresses that name their jurisdiction in the path."""

from flask import g, request

from open311.http import current
from open311.model.jurisdiction import SANDBOX_PREFIX


def find_catalogue() -> None:
    """Find the catalogue of this request: the one in the path, or the only one.

    The reports of the test endpoint have a jurisdiction of their own, `test.` and the name of the real one.
    """
    named = (request.view_args or {}).pop("jurisdiction_id", None) or request.args.get("jurisdiction_id")
    core = current.core()
    sandbox = core.settings.test_endpoint and (named or "").startswith(SANDBOX_PREFIX)
    g.catalogue = core.catalogues.find(named, sandbox=sandbox)
    # Settles the language too: that of this jurisdiction, not of the first one.
    current.language(g.catalogue)
