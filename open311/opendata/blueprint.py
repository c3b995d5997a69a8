"""A blueprint for addresses that are read only and answer in one format, documented like those of GeoReport."""

from collections.abc import Callable
from functools import partial
from typing import Any, cast

from open311.opendata import answers
from open311.web.lazy_openapi import LazyBlueprint
from open311.web.queries import Arguments, Described, View, with_arguments

TEXT = {"type": "string"}
# Described once for all front doors; they answer as a list of code and description.
ERRORS = (400, 404, 429, 500, 503)


class OpenData(LazyBlueprint):
    """A flask-smorest blueprint whose answers are ready when the view returns."""

    ARGUMENTS_PARSER = Described()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        answers.install(self)

    def read(
        self,
        rule: str,
        *,
        takes: type[Arguments],
        content_type: str,
        shape: dict[str, Any] | None = None,
        also: str | None = None,
    ) -> Callable[[View], View]:
        """Register a public view for GET; `also` is a second address of it, which is not documented."""

        def register(view: View) -> View:
            view.access = "public"  # type: ignore[attr-defined]
            schema = takes()
            answering = with_arguments(view, schema)
            described = partial(self._described, view, schema, content_type, shape or TEXT)
            self.mount(rule, view.__name__, answering, "GET", described)
            if also:
                self.mount(also, f"{view.__name__}_also", answering, "GET")
            return view

        return register

    def _described(self, view: View, schema: Arguments, content_type: str, shape: dict[str, Any]) -> View:
        described: View = self.arguments(schema, location="query")(view)
        described = self.response(200, shape, content_type=content_type, description="What was asked for.")(
            described
        )
        for status in ERRORS:
            described = self.alt_response(status, f"{status}-json")(described)
        return cast(View, self.doc(operationId=view.__name__, tags=["opendata"], security=[{}])(described))
