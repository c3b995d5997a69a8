"""A blueprint whose every view answers at two documented addresses, `.xml` and `.json`.

flask-smorest documents one content type a route, so one view becomes two routes; the address without a suffix,
whose format is negotiated, is a third that is not documented.
"""

from collections.abc import Callable
from typing import Any

import flask
from flask_smorest import Blueprint

from open311.georeport.schemas import ErrorSchema
from open311.web.queries import Arguments, Parser

View = Callable[..., Any]
CONTENT_TYPES = {"xml": "text/xml", "json": "application/json"}
ERRORS = {
    "GET": {
        400: "A parameter cannot be understood.",
        404: "There is no such thing.",
        429: "Too many requests.",
    },
    "POST": {
        400: "What was sent cannot be accepted; one entry per problem.",
        403: "The key is missing or lacks the right.",
        404: "The service or the jurisdiction is unknown.",
        429: "Too many requests.",
    },
}


class GeoReport(Blueprint):  # type: ignore[misc]
    """A flask-smorest blueprint with two formats."""

    ARGUMENTS_PARSER = Parser()
    ARGUMENTS_PARSER.DEFAULT_VALIDATION_STATUS = 400

    def both_formats(
        self,
        rule: str,
        *,
        takes: type[Arguments],
        returns: Any,
        access: str,
        method: str = "GET",
        aliases: tuple[str, ...] = (),
    ) -> Callable[[View], View]:
        """Register a view for one method of GeoReport.

        `access` says who may call it: `public`, or the scope of the key that is needed.
        """

        def register(view: View) -> View:
            view.access = access  # type: ignore[attr-defined]
            for suffix, content_type in CONTENT_TYPES.items():
                documented = self._documented(view, takes, returns, method, content_type)
                endpoint = f"{view.__name__}_{suffix}"
                self.route(f"{rule}.{suffix}", methods=[method], endpoint=endpoint)(documented)
            negotiated = self._documented(view, takes, returns, method, "text/xml")
            for place, bare in enumerate(
                (rule, *(f"{each}{end}" for each in aliases for end in ("", ".xml", ".json")))
            ):
                endpoint = f"{view.__name__}_{place}"
                flask.Blueprint.add_url_rule(self, bare, endpoint, negotiated, methods=[method])
            return view

        return register

    def _documented(self, view: View, takes: Any, returns: Any, method: str, content_type: str) -> View:
        location = "form" if method == "POST" else "query"
        documented: View = self.arguments(takes, location=location)(view)
        documented = self.response(200, returns, content_type=content_type)(documented)
        for status, description in ERRORS[method].items():
            schema = ErrorSchema(many=True)
            documented = self.alt_response(
                status, schema=schema, content_type=content_type, description=description
            )(documented)
        return documented
