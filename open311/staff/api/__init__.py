"""The interface of the desk for the city's own programs: JSON, a token of an account, conditional requests."""

import json

from flask import Flask, Response

from open311.staff import blueprint as desk
from open311.staff.api import cases, overview
from open311.staff.api.blueprint import ROOT, StaffApi, blueprint
from open311.staff.api.problems import answer as problem_answer

__all__ = ["ROOT", "install", "problem_answer"]

# Importing these adds their views to the blueprint.
ROOMS = (cases, overview)


def install(app: Flask) -> None:
    """Mount the interface, and the document that describes it."""
    api = StaffApi(app)
    api.register_blueprint(blueprint)

    def describe() -> Response:
        """The OpenAPI document; it tells nothing of the city, so it needs no token."""
        desk.require_reachable()
        document = json.dumps(api.spec.to_dict(), ensure_ascii=False)
        return Response(document, content_type="application/json")

    describe.access = desk.OPEN  # type: ignore[attr-defined]
    app.add_url_rule(f"{ROOT}/openapi.json", "staff_api_document", describe)
