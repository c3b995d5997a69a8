"""Who comes in by the interface of the desk: a token of an account, its rights, and how its addresses are described."""

from collections.abc import Callable
from functools import partial, wraps
from http import HTTPStatus
from typing import Any, TypeVar

from apispec import APISpec
from flask import Flask, Response, g, request
from marshmallow import Schema, ValidationError
from webargs.flaskparser import FlaskParser

from open311 import __version__
from open311.actions.staff_accounts import access_tokens
from open311.base.errors import Forbidden, Invalid, problem
from open311.http import current
from open311.http.urls import STAFF
from open311.model.access.actor import Right, lacking
from open311.staff import blueprint as desk
from open311.staff.api import problems
from open311.staff.api.problems import CONTENT_TYPE, ProblemSchema, TokenMissing
from open311.staff.rendering import NOT_KEPT
from open311.web.lazy_openapi import LazyApi, LazyBlueprint

ROOT = f"{STAFF}/api/v1"
CONFIG_PREFIX = "STAFF"
DESCRIPTION = """What the city's own programs do with cases: read them, and act on them as somebody of the staff does.

A token is made on the page of one's own account. It has at most the rights of its owner, and sees what they see.
Every act but a note says in `If-Match` which revision of the case it is about: without it the answer is 428, and 412
when somebody has changed the case meanwhile. With an `Idempotency-Key` a request may be sent again for a day, and is
answered as it was. Errors are problem details (RFC 9457)."""
STATUSES = {
    400: "What was sent cannot be understood or accepted.",
    401: "The token is missing, has ended or was removed.",
    403: "The token lacks the right.",
    404: "There is no such thing, or none that may be seen.",
    412: "Somebody has changed the case meanwhile; `revision` is what it is at now.",
    428: "`If-Match` is missing.",
    429: "Too many requests; `Retry-After` says when to come back.",
    503: "Out of reach, or busy; `Retry-After` says when to come back.",
}
OF_ACTS = (412, 428)
CONDITIONS = [
    {
        "in": "header",
        "name": name,
        "schema": {"type": "string"},
        "description": description,
    }
    for name, description in (
        ("If-Match", "The revision that the act is about, as `ETag` of the case has it."),
        ("Idempotency-Key", "A word of one's own: the same request under it is done once."),
    )
]
View = TypeVar("View", bound=Callable[..., Any])


class _Parser(FlaskParser):
    """Reads what was sent; all that is wrong with it comes as one error of ours."""

    DEFAULT_VALIDATION_STATUS = HTTPStatus.BAD_REQUEST

    def load_json(self, req: Any, schema: Schema) -> Any:
        # A body of another type would be passed over, and the act done without its words.
        if req.get_data() and not req.is_json:
            raise Invalid(problem("error.body.unreadable"))
        return req.posted_object

    def handle_error(self, error: ValidationError, *_: Any, **__: Any) -> Any:
        raise Invalid(*problems.of_fields(error)) from None


class StaffApi(LazyApi):
    """A document of its own: nothing of the desk is in that of GeoReport."""

    ERROR_SCHEMA = ProblemSchema
    DEFAULT_ERROR_RESPONSE_NAME = None

    def __init__(self, app: Flask) -> None:
        app.config.update(
            STAFF_API_TITLE="The desk",
            STAFF_API_VERSION=__version__,
            STAFF_OPENAPI_VERSION="3.1.0",
        )
        options = {"info": {"description": DESCRIPTION}, "security": [{"token": []}]}
        super().__init__(app, config_prefix=CONFIG_PREFIX, spec_kwargs=options)

    def describe(self, spec: APISpec, blueprints: list[Any]) -> None:
        """Write into the document what these answer, and what their errors are."""
        spec.components.security_scheme("token", {"type": "http", "scheme": "bearer"})
        for status, description in STATUSES.items():
            content = {CONTENT_TYPE: {"schema": ProblemSchema}}
            spec.components.response(str(status), {"description": description, "content": content})
        super().describe(spec, blueprints)

    def _register_error_handlers(self) -> None:
        """Leave errors to `problems`."""


class StaffBlueprint(LazyBlueprint):
    """A flask-smorest blueprint whose views name the rights that they ask for."""

    ARGUMENTS_PARSER = _Parser()

    def view(
        self,
        rule: str,
        *rights: Right,
        returns: Any,
        takes: type[Schema] | None = None,
        method: str = "GET",
        content_type: str = "application/json",
        endpoint: str | None = None,
    ) -> Callable[[View], View]:
        """Register a view for staff who have one of these rights somewhere.

        What it `takes` is in the query, or in the body of a POST; what it `returns` is written by a schema.
        """

        def register(view: View) -> View:
            @wraps(view)
            def guarded(*args: Any, **values: Any) -> Any:
                if not desk.staff().rights.intersection(rights):
                    raise Forbidden(lacking(rights[0]))
                return view(*args, **values)

            answering: Any = guarded
            if takes:
                answering = self.arguments(takes, location="json" if method == "POST" else "query")(answering)
            answering = self.response(HTTPStatus.OK, returns, content_type=content_type)(answering)
            answering.access = rights
            described = partial(self._described, answering, method)
            self.mount(rule, endpoint or view.__name__, answering, method, described)
            return view

        return register

    def _described(self, view: Any, method: str) -> Any:
        for status in STATUSES:
            if method == "POST" or status not in OF_ACTS:
                view = self.alt_response(status, str(status))(view)
        return self.doc(parameters=CONDITIONS)(view) if method == "POST" else view


blueprint = StaffBlueprint(
    "staff_api", __name__, url_prefix=ROOT, description="Cases, and what is done about them."
)
problems.install(blueprint)


def admit() -> None:
    """Settle who asks. Raises `TokenMissing`, and `Forbidden` for plain http; no cookie opens anything here."""
    desk.require_reachable()
    # A page of another site could have the browser send a cookie along; a header it cannot.
    g.signed_in = None
    kind, _, secret = request.headers.get("Authorization", "").partition(" ")
    holder = access_tokens.find_holder(current.core(), secret.strip()) if kind.lower() == "bearer" else None
    # By account, not by token: whoever makes ten tokens has no more calls than with one.
    desk.count(f"token of {holder.account.id}" if holder else f"address {request.remote_addr}")
    if holder is None:
        raise TokenMissing(problem("desk.api.token"))
    g.signed_in = holder
    desk.speak(holder)


def keep_out_of_caches(response: Response) -> Response:
    """Nothing of the desk is for anybody else."""
    response.headers["Cache-Control"] = NOT_KEPT
    return response


blueprint.before_request(admit)
blueprint.after_request(keep_out_of_caches)
