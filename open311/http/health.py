"""`/healthz`: the process lives. `/readyz`: it can answer, and with which catalogue."""

from flask import Flask, jsonify
from flask.typing import ResponseReturnValue

from open311.base import version
from open311.base.datetimes import write_utc
from open311.base.errors import Unavailable
from open311.http import current
from open311.storage import schema


def install(app: Flask) -> None:
    """Add both addresses."""
    app.add_url_rule("/healthz", "healthz", healthz)
    app.add_url_rule("/readyz", "readyz", readyz)


def healthz() -> ResponseReturnValue:
    """200 as long as the process answers at all; restart it otherwise."""
    return jsonify(status="ok")


def readyz() -> ResponseReturnValue:
    """200 when requests can be answered, 503 when the database is out of reach or lacks what they need.

    A broken catalogue file does not make the server unready, since the old catalogue stays in force; nor does a replica
    that is behind or out of reach, since the primary answers then. Both are told here.
    """
    core = current.core()
    catalogues = core.catalogues
    changesets = {
        each.jurisdiction.jurisdiction_id: write_utc(each.changeset) for each in catalogues.in_force
    }
    build = version.build()
    state: dict[str, object] = {"version": build.version, "commit": build.commit}
    state |= {"catalogue": {"in_force": changesets, "problem": catalogues.problem}}
    if core.database.replica_state:
        state["replica"] = core.database.replica_state
    try:
        with core.database.read() as conn:
            found = schema.state(conn)
    except Unavailable:
        return jsonify(status="unavailable", database="out of reach", **state), 503
    state |= {"database": "ok", "schema": {"revision": found.revision, "problems": found.problems}}
    if not found.is_usable:
        return jsonify(status="unavailable", **state), 503
    return jsonify(status="ok", **state)


healthz.access = readyz.access = "public"  # type: ignore[attr-defined]
