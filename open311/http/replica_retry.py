"""The application itself: a Flask that reads again where a replica could not answer."""

from collections.abc import Callable
from typing import Any

from flask import Flask, request
from flask.typing import ResponseReturnValue

from open311.base.errors import NotFound, ReplicaLost
from open311.http import current


class Application(Flask):
    """Asks the primary when a replica went away in the middle, or does not have what it was asked for.

    Another host may have answered a moment ago that it has it.
    """

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """As it is: nothing here is a coroutine, and Flask would look a dozen times a request."""
        return func

    def dispatch_request(self) -> ResponseReturnValue:
        """The answer of the view, from the replica or at the second attempt from the primary."""
        database = current.core().database
        try:
            return super().dispatch_request()
        except (ReplicaLost, NotFound):
            # A write never comes here a second time: only what reads may be done twice.
            if database.replica_state is None or request.method not in ("GET", "HEAD"):
                raise
        with database.at_primary():
            return super().dispatch_request()
