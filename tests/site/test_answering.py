"""A question of the city reaches the reporter, and the answer comes back to the queue."""

import re

import pytest
from sqlalchemy import Connection

from open311.actions import casework
from open311.core import Core
from open311.model.access.actor import cli_actor
from tests.client import client_of
from tests.mailbox import a_mail_server, run_jobs
from tests.serving import MakeCore, an_api

LINK = re.compile(r"/answer/\S+")


def test_an_answer_by_the_link_of_the_mail_waits_for_staff(make_core: MakeCore, conn: Connection) -> None:
    with a_mail_server() as (mailbox, smtp_url):
        core = make_core(OPEN311_SMTP_URL=smtp_url, OPEN311_MAIL_FROM="stadt@example.org")
        api = an_api(core)
        posted = api.post(service_code="MARKIERUNG", description="Zebrastreifen", email="kim@example.org")
        number = int(posted[0]["service_request_id"])
        casework.ask(core, number, "An welcher Kreuzung?", cli_actor())
        core.now.forward(minutes=2)
        run_jobs(core, conn)
        [link] = LINK.findall(mailbox.last)
    client = client_of(core)
    assert "An welcher Kreuzung?" in client.get(link).text
    assert client.post(link, data={"text": " "}).status_code == 400
    answer = client.post(link, data={"text": "An der Rheinallee"})
    assert (answer.status_code, client.get(answer.headers["Location"]).status_code) == (303, 200)
    assert client.get(link).status_code == 404
    assert client.post(link, data={"text": "noch einmal"}).status_code == 404
    shown = casework.show(core, number, cli_actor())
    assert any(event.kind == "reply_received" for event in shown.history)
    assert "Rheinallee" not in client.get(f"/reports/{number}").text


@pytest.mark.parametrize("token", ["x", "a" * 43, "%00", "ä" * 20])
def test_a_link_that_is_none_says_so(core: Core, token: str) -> None:
    answer = client_of(core).get(f"/answer/{token}")
    assert answer.status_code == 404
    assert "noindex" in answer.text
