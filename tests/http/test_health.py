"""`/readyz` and `/metrics`: each part as it is, and only for those who may see it."""

from dataclasses import replace
from pathlib import Path
from threading import Event
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import Connection, text
from werkzeug.test import TestResponse

from open311.actions import catalogue_publication
from open311.adapters import store_probe
from open311.core import Core
from open311.operations import readiness
from tests.client import client_of
from tests.serving import Api, MakeCore

ELSEWHERE = {"REMOTE_ADDR": "203.0.113.7"}
SIGN_OF_LIFE = "insert into procrastinate_workers (last_heartbeat) values (now())"
JOB = (
    "insert into procrastinate_jobs (queue_name, task_name, status, attempts) values ('mail', 'tell_follower',"
    " cast(:status as procrastinate_job_status), 1)"
)


def ready(core: Core, **more: Any) -> TestResponse:
    return client_of(core).get("/readyz", **more)


def failing(core: Core) -> set[str]:
    """The parts that are not well."""
    parts = ready(core).get_json()["parts"]
    return {name for name, part in parts.items() if part["health"] != "ok"}


@pytest.fixture
def core(make_core: MakeCore, conn: Connection) -> Core:
    """A server that sends mail and whose worker is alive."""
    conn.execute(text(SIGN_OF_LIFE))
    return make_core(OPEN311_SMTP_URL="smtp://127.0.0.1:1", OPEN311_MAIL_FROM="stadt@example.org")


def test_all_is_well(core: Core) -> None:
    answer = ready(core)
    assert (answer.status_code, answer.get_json()["status"]) == (200, "ok")
    assert failing(core) == set()


def test_what_is_worth_a_look_in_the_catalogue_is_told_and_harms_nothing(core: Core) -> None:
    """E20: the boundary that is shipped is a sketch."""
    catalogue_publication.publish(core)
    part = ready(core).get_json()["parts"]["catalogue"]
    assert part["health"] == "ok"
    assert "the boundary is a sketch" in part["detail"]


def test_without_a_worker_it_answers_and_says_so(core: Core, conn: Connection) -> None:
    conn.execute(text("update procrastinate_workers set last_heartbeat = now() - interval '2 minutes'"))
    assert failing(core) == {"worker"}
    answer = ready(core)
    assert (answer.status_code, answer.get_json()["status"]) == (200, "degraded")


@pytest.mark.parametrize(("status", "parts"), [("todo", {"mail"}), ("failed", {"mail", "jobs"})])
def test_mails_that_cannot_be_sent_are_told(
    core: Core, conn: Connection, status: str, parts: set[str]
) -> None:
    conn.execute(text(JOB), {"status": status})
    assert failing(core) == parts


def test_a_folder_that_cannot_be_written_to_is_told(core: Core, tmp_path: Path) -> None:
    (tmp_path / "media").write_text("in the way")
    assert failing(core) == {"photos"}


def test_a_full_volume_is_told(core: Core, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readiness, "LEAST_FREE_BYTES", 10**18)
    assert failing(core) == {"volume"}


def test_a_full_volume_of_the_photos_alone_is_told(
    core: Core, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    free = {tmp_path / "media": 0}
    (tmp_path / "media").mkdir(exist_ok=True)
    monkeypatch.setattr(
        readiness.shutil, "disk_usage", lambda folder: SimpleNamespace(free=free.get(folder, 10**12))
    )
    assert failing(core) == {"volume"}


def test_a_store_that_hangs_holds_nobody_up(core: Core, monkeypatch: pytest.MonkeyPatch) -> None:
    """And is asked once at a time."""
    monkeypatch.setattr(store_probe, "PATIENCE_SECONDS", 0.01)
    slow = replace(core, settings=replace(core.settings, data_dir=core.settings.data_dir / "slow"))
    end, probed = Event(), []

    def hang(store: object) -> None:
        probed.append(store)
        end.wait(30)

    monkeypatch.setattr(store_probe.media_store, "probe", hang)
    assert [failing(slow), failing(slow)] == [{"photos"}] * 2
    assert len(probed) == 1
    end.set()


def test_a_missing_table_or_a_pending_migration_is_not_ready(core: Core, conn: Connection) -> None:
    conn.execute(text("drop table webhook_attempts"))
    answer = ready(core)
    assert (answer.status_code, answer.get_json()["status"]) == (503, "unavailable")
    assert "webhook_attempts" in answer.get_json()["parts"]["schema"]["detail"]
    conn.execute(text("update schema_revision set version_num = '0001'"))
    assert "open311 db upgrade" in ready(core).get_json()["parts"]["migrations"]["detail"]


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer wrong"}, {"Authorization": "hunter22"}])
def test_a_stranger_learns_the_state_alone(make_core: MakeCore, headers: dict[str, str]) -> None:
    """Also through a proxy on this machine, which says for whom it asks."""
    core = make_core(OPEN311_OPERATOR_TOKEN="hunter2")
    for place in (ELSEWHERE, {"HTTP_X_FORWARDED_FOR": "203.0.113.7"}):
        answer = ready(core, environ_base=place, headers=headers)
        assert set(answer.get_json()) == {"status"}
        assert client_of(core).get("/metrics", environ_base=place, headers=headers).status_code == 404


def test_whoever_has_the_token_sees_it_from_anywhere(make_core: MakeCore) -> None:
    core = make_core(OPEN311_OPERATOR_TOKEN="hunter2")
    for path in ("/readyz", "/metrics"):
        answer = client_of(core).get(
            path, environ_base=ELSEWHERE, headers={"Authorization": "Bearer hunter2"}
        )
        assert answer.status_code == 200
        assert b"mail" in answer.data or b"worker" in answer.data


def test_metrics_count_answers_and_show_what_waits(api: Api, conn: Connection) -> None:
    conn.execute(text(JOB), {"status": "failed"})
    before = value(
        api, 'open311_requests_total{method="GET",route="healthz",source="worked_out",status="200"}'
    )
    api.client.get("/healthz")
    assert (
        value(api, 'open311_requests_total{method="GET",route="healthz",source="worked_out",status="200"}')
        == before + 1
    )
    assert value(api, 'open311_jobs{queue="mail",state="failed"}') == 1
    assert value(api, 'open311_part_ok{part="database"}') == 1
    assert value(api, 'open311_pool_size{pool="write"}') > 0


def value(api: Api, series: str) -> float:
    """The value of a series; 0 while there is none."""
    for line in api.client.get("/metrics").text.splitlines():
        if line.startswith(f"{series} "):
            return float(line.rpartition(" ")[2])
    return 0.0
