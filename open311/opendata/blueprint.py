"""A blueprint for addresses that are read only and answer in one format, documented like those of GeoReport."""

from collections.abc import Callable
from typing import Any

from flask_smorest import Blueprint

from open311.opendata import answers
from open311.web.queries import Arguments, Parser

View = Callable[..., Any]
BINARY = {"type": "string", "format": "binary"}


class OpenData(Blueprint):  # type: ignore[misc]
    """A flask-smorest blueprint whose answers are ready when the view returns."""

    ARGUMENTS_PARSER = Parser()
    ARGUMENTS_PARSER.DEFAULT_VALIDATION_STATUS = 400

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        answers.install(self)

    def read(self, rule: str, *, takes: type[Arguments], content_type: str) -> Callable[[View], View]:
        """Register a public view for GET."""

        def register(view: View) -> View:
            view.access = "public"  # type: ignore[attr-defined]
            documented: View = self.arguments(takes, location="query")(view)
            documented = self.response(200, BINARY, content_type=content_type)(documented)
            self.route(rule, methods=["GET"])(documented)
            return view

        return register
