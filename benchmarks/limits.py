"""The limits of the machine: the same bytes from memory, with as little as possible in between.

`bare` is a WSGI function, `flask_view` the same behind Flask, `one_select` a Flask view that does the one SELECT of a
request by its id and writes it as JSON.
"""

import json
import os
import zlib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

Start = Callable[[str, list[tuple[str, str]]], Any]


def _answers() -> dict[str, bytes]:
    """Path and query → body, as our own server wrote it."""
    folder = Path(os.environ["BENCH_ANSWERS"])
    known = json.loads((folder / "index.json").read_text())
    return {address: (folder / name).read_bytes() for address, name in known.items()}


def bare() -> Callable[[dict[str, Any], Start], Iterable[bytes]]:
    """A WSGI function that sends bytes from memory, or says that they are unchanged."""
    answers = {
        address: (body, f'W/"{zlib.crc32(body):x}"', str(len(body))) for address, body in _answers().items()
    }

    def application(environ: dict[str, Any], start_response: Start) -> Iterable[bytes]:
        body, tag, length = answers[f"{environ['PATH_INFO']}?{environ['QUERY_STRING']}"]
        if environ.get("HTTP_IF_NONE_MATCH"):
            start_response("304 NOT MODIFIED", [("ETag", tag)])
            return [b""]
        start_response(
            "200 OK", [("Content-Type", "application/json"), ("ETag", tag), ("Content-Length", length)]
        )
        # A list goes out whole; anything else piece by piece, which is slower.
        return [body]

    return application


def flask_view() -> Any:
    """The same bytes from a Flask view."""
    from flask import Flask, Response, request

    app, answers = Flask(__name__), _answers()

    @app.get("/<path:path>")
    def send(path: str) -> Response:
        return Response(answers[f"/{path}?{request.query_string.decode()}"], content_type="application/json")

    return app


def one_select() -> Any:
    """The least that a Flask application needs for a request by its id."""
    import orjson
    from flask import Flask, Response
    from psycopg.rows import dict_row
    from psycopg_pool import ConnectionPool

    app = Flask(__name__)
    pool = ConnectionPool(
        os.environ["DATABASE_URL"],
        min_size=4,
        kwargs={
            "autocommit": True,
            "options": "-c jit=off -c timezone=UTC -c plan_cache_mode=force_custom_plan",
        },
        open=True,
    )

    @app.get("/open311/v2/requests/<int:number>.json")
    def one(number: int) -> Response:
        with pool.connection() as conn, conn.cursor(binary=True, row_factory=dict_row) as cursor:
            [row] = cursor.execute(ONE, [number], prepare=True).fetchall()
        return Response(orjson.dumps([row]), content_type="application/json")

    return app


ONE = """
select id, status, status_notes, service_code, description, agency_responsible, requested_datetime,
       updated_datetime, expected_datetime, address, address_id, zipcode, st_y(geom) as lat, st_x(geom) as long,
       media_urls[1] as media_url, visibility
from service_requests where id = %s and jurisdiction_id = 'ludwigshafen.de'
"""
