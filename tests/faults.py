"""Addresses that fail in each way in which a server can."""

from flask import Flask, abort

from open311.base.errors import TooManyRequests, Unavailable, problem


def faulty(app: Flask) -> Flask:
    """The application with an address for each fault."""

    def fail(status: int) -> None:
        if status == 429:
            raise TooManyRequests(problem("page.form.error.too_many", most=10), retry_after=60)
        if status == 503:
            raise Unavailable(problem("error.server"))
        if status == 500:
            raise RuntimeError("a fault of ours")
        abort(status)

    app.add_url_rule("/fault/<int:status>", view_func=fail)
    return app
