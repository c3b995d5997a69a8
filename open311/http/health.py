"""`/healthz`: the process lives. `/readyz`: it can answer, part by part. `/metrics`: figures for Prometheus."""

from typing import Any

from flask import Flask, Response, jsonify
from flask.typing import ResponseReturnValue

from open311.base import version
from open311.base.datetimes import write_utc
from open311.base.errors import NotFound, problem
from open311.core import Core
from open311.http import access_log, current, operators
from open311.operations import metrics, readiness
from open311.operations.readiness import Health

WORDS = {Health.OK: "ok", Health.FAILING: "degraded", Health.DOWN: "unavailable"}


def install(app: Flask) -> None:
    app.add_url_rule("/healthz", "healthz", healthz)
    app.add_url_rule("/readyz", "readyz", readyz)
    app.add_url_rule("/metrics", "metrics", show_metrics)


def healthz() -> ResponseReturnValue:
    """200 as long as the process answers at all; restart it otherwise."""
    return jsonify(status="ok")


def readyz() -> ResponseReturnValue:
    """200 when requests can be answered, 503 when the database is out of reach or lacks what they need.

    What fails beside that is told and leaves the server ready: a balancer that took it away would make nothing better.
    All but the operator learn the state alone.
    """
    core = current.core()
    readiness_now = readiness.state(core)
    state: dict[str, Any] = {"status": WORDS[readiness_now.health]}
    if operators.may_see():
        state |= _details(core, readiness_now)
    return jsonify(state), 503 if readiness_now.health is Health.DOWN else 200


def _details(core: Core, state: readiness.Readiness) -> dict[str, Any]:
    build = version.build()
    catalogues = core.catalogues
    changesets = {
        catalogue.jurisdiction.jurisdiction_id: write_utc(catalogue.changeset)
        for catalogue in catalogues.in_force
    }
    parts = {part.name: {"health": part.health, "detail": part.detail} for part in state.parts}
    return {
        "version": build.version,
        "commit": build.commit,
        "parts": parts,
        "catalogue": {"in_force": changesets, "problem": catalogues.problem},
        **({"replica": core.database.replica_state} if core.database.replica_state else {}),
    }


def show_metrics() -> ResponseReturnValue:
    """Figures of all processes of this host and of the database, for the operator alone."""
    if not operators.may_see():
        raise NotFound(problem("error.path"))
    log = access_log.of_request()
    log.flush()
    body, content_type = metrics.page(current.core(), log.counters)
    return Response(body, content_type=content_type)


healthz.access = readyz.access = show_metrics.access = "public"  # type: ignore[attr-defined]
