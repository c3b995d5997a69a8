"""A mail server that is away: told once, nothing lost, nobody else held up."""

import json
import socket
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from open311 import core as core_module
from open311 import settings
from open311.actions import catalogue_publication
from open311.actions.reporting import report
from open311.core import Core
from open311.model.access.actor import PUBLIC
from open311.model.intake.submission import Submission
from open311.model.service_request import Location
from open311.notifications import mail_subscriptions
from open311.notifications.model.mail_limits import MailAsker
from open311.webhooks import subscriptions
from tests.actors import CLARA
from tests.adapters.strangers import Reply, a_stranger
from tests.mailbox import a_mail_server
from tests.ports import free_port
from tests.processes.running import run, started, wait_for

pytestmark = pytest.mark.slow
FOLLOWERS = 3
WITHOUT_DATABASE = {"OPEN311_MAIL_FROM": "stadt@example.org", "OPEN311_WEBHOOK_ALLOW_PRIVATE": "on"}


@pytest.fixture
def core(fresh_database_url: str) -> Iterator[Core]:
    """A server that really commits, whose worker is a process of its own."""
    environment = {
        **WITHOUT_DATABASE,
        "DATABASE_URL": fresh_database_url,
        "OPEN311_SMTP_URL": "smtp://127.0.0.1:1",
    }
    made = core_module.build(settings.load(environment))
    catalogue_publication.publish(made)
    yield made
    made.database.close()


def a_report(core: Core) -> int:
    """A report of a service whose reports are public at once."""
    submission = Submission(service_code="MUELL_WILD", location=Location(49.4811, 8.4464))
    receipt = report.submit(core, core.catalogues.in_force[0], submission, PUBLIC)
    assert receipt.service_request_id
    return int(receipt.service_request_id)


def mails_waiting(core: Core, count: int) -> None:
    """Confirmations that are to be sent."""
    number = a_report(core)
    for follower in range(count):
        asker = MailAsker(f"network {follower}", f"form {follower}", proven=True)
        mail_subscriptions.follow(
            core, core.catalogues.in_force[0], number, f"kim{follower}@example.org", "de", asker
        )


def ask(core: Core, question: str) -> int:
    """The number a query answers with."""
    with closing(psycopg.connect(str(core.settings.database_url), autocommit=True)) as conn:
        row = conn.execute(question.encode()).fetchone()
    assert row
    return int(row[0])


def events(log: Path) -> list[str]:
    """The events of the worker's lines, each of which is one JSON object."""
    # The last line may be half written.
    whole, _, _ = log.read_text().rpartition("\n")
    return [json.loads(line)["event"] for line in whole.splitlines()]


def variables(core: Core, port: int) -> dict[str, str]:
    """The environment of a worker whose mail server is on a port."""
    url = {"DATABASE_URL": str(core.settings.database_url), "OPEN311_SMTP_URL": f"smtp://127.0.0.1:{port}"}
    return {**WITHOUT_DATABASE, **url}


def test_an_outage_is_one_line_and_loses_nothing(core: Core, tmp_path: Path) -> None:
    """Mails wait for another try, and an operator can have them sent as soon as the server is back."""
    log, port = tmp_path / "log", free_port()
    mails_waiting(core, FOLLOWERS)
    with started(log, "work", **variables(core, port)):
        # As if the server had been away for hours, and the next try were hours away.
        late = (
            "with late as (update procrastinate_jobs set scheduled_at = now() + interval '5 hours'"
            " where status = 'todo' and queue_name = 'mail' and attempts > 0 returning id) select count(*) from late"
        )
        assert wait_for(lambda: ask(core, late) == FOLLOWERS), log.read_text()
        assert events(log).count("mail_unavailable") == 1
        with a_mail_server(port) as (mailbox, _):
            done = run("jobs", "retry", "--all", DATABASE_URL=str(core.settings.database_url))
            assert done.stdout == f"{FOLLOWERS} jobs are done again.\n"
            assert wait_for(lambda: len(mailbox.mails) == FOLLOWERS), log.read_text()
            assert wait_for(lambda: "mail_available" in events(log))
    assert {event for event in events(log) if "job" in event} == {"job_tried_again"}
    assert events(log).count("mail_available") == 1


def test_mails_that_hang_delay_no_webhook(core: Core, tmp_path: Path) -> None:
    """Queues have places of their own."""
    with socket.create_server(("127.0.0.1", 0)) as silent, a_stranger(lambda _: Reply(status=204)) as target:
        mails_waiting(core, 9)
        subscriptions.add(core, core.catalogues.in_force[0], "partner", f"{target.url}/hook", actor=CLARA)
        with started(tmp_path / "log", "work", **variables(core, silent.getsockname()[1])) as worker:
            running = "select count(*) from procrastinate_jobs where status = 'doing' and queue_name = 'mail'"
            assert wait_for(lambda: ask(core, running) == 4)
            a_report(core)
            assert wait_for(lambda: len(target.asked) == 1), (tmp_path / "log").read_text()
            worker.kill()
