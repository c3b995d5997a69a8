"""Webhooks with a real worker that is killed in the middle."""

import json
import signal
from pathlib import Path
from threading import Event

import pytest
from standardwebhooks.webhooks import Webhook

from open311.core import Core
from open311.webhooks import subscriptions
from tests.adapters.strangers import Question, Reply, a_stranger
from tests.opendata.conftest import live_core
from tests.processes.running import PATIENCE_SECONDS, run, started, wait_for
from tests.serving import an_api

__all__ = ["live_core"]
REPORTS, BEFORE = 40, 5


@pytest.mark.slow
def test_every_event_arrives_though_workers_die(
    live_core: Core, fresh_database_url: str, tmp_path: Path
) -> None:
    """Once in the log; at the target perhaps again, under the same id."""
    environ = {"DATABASE_URL": fresh_database_url, "OPEN311_WEBHOOK_ALLOW_PRIVATE": "on"}
    killed = Event()

    def takes_some_at_first(question: Question) -> Reply:
        if len(target.asked) > BEFORE:
            killed.wait(PATIENCE_SECONDS)
        return Reply(status=204)

    with a_stranger(takes_some_at_first) as target:
        added = run("webhook", "add", "partner", target.url, **environ)
        secret = added.stdout.strip()
        api = an_api(live_core)
        numbers = [api.report() for _ in range(REPORTS)]
        with started(tmp_path / "first", "work", **environ) as first:
            assert wait_for(lambda: len(target.asked) > BEFORE), (tmp_path / "first").read_text()
            first.send_signal(signal.SIGKILL)
            first.wait(PATIENCE_SECONDS)
        assert len(target.asked) < REPORTS
        killed.set()
        with live_core.database.begin() as conn:
            conn.exec_driver_sql(
                "update procrastinate_workers set last_heartbeat = now() - interval '1 hour'"
            )
            conn.exec_driver_sql("delete from procrastinate_periodic_defers")
        with started(tmp_path / "second", "work", **environ) as second:
            assert wait_for(lambda: _delivered(live_core) == REPORTS), (tmp_path / "second").read_text()
            second.send_signal(signal.SIGTERM)
            assert second.wait(PATIENCE_SECONDS) == 0
        told = [json.loads(request.body)["data"]["service_request_id"] for request in target.asked]
        assert sorted(set(told)) == sorted(numbers)
        assert len({request.headers["webhook-id"] for request in target.asked}) == REPORTS
        assert len(told) <= REPORTS + 1
        for request in target.asked:
            Webhook(secret).verify(request.body, request.headers)


def _delivered(core: Core) -> int:
    return subscriptions.show(core, "partner").messages.get("delivered", 0)
