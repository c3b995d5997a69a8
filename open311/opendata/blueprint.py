"""A blueprint for addresses that are read only and answer in one format, documented like those of GeoReport."""

from collections.abc import Callable
from typing import Any

import flask
from flask_smorest import Blueprint

from open311.opendata import answers
from open311.web.queries import Arguments, Described, View, served

TEXT = {"type": "string"}
OBJECT = {"type": "object"}
SHAPES: dict[str, dict[str, Any]] = {"application/json": OBJECT, "application/geo+json": OBJECT}
# Described once for all front doors; they answer as a list of code and description.
ERRORS = (400, 404, 429, 500, 503)


class OpenData(Blueprint):  # type: ignore[misc]
    """A flask-smorest blueprint whose answers are ready when the view returns."""

    ARGUMENTS_PARSER = Described()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        answers.install(self)

    def read(
        self, rule: str, *, takes: type[Arguments], content_type: str, also: str | None = None
    ) -> Callable[[View], View]:
        """Register a public view for GET; `also` is a second address of it, which is not documented."""

        def register(view: View) -> View:
            view.access = "public"  # type: ignore[attr-defined]
            schema = takes()
            documented: View = self.arguments(schema, location="query")(view)
            shape = SHAPES.get(content_type, TEXT)
            documented = self.response(
                200, shape, content_type=content_type, description="What was asked for."
            )(documented)
            for status in ERRORS:
                documented = self.alt_response(status, f"{status}-json")(documented)
            documented = self.doc(operationId=view.__name__, tags=["opendata"], security=[{}])(documented)
            answering = served(view, documented, schema)
            self.route(rule, methods=["GET"])(answering)
            if also:
                name = f"{view.__name__}_also"
                flask.Blueprint.add_url_rule(self, also, name, answering, methods=["GET"])
            return view

        return register
