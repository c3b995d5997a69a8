"""Webhooks: what targets are told, signed as Standard Webhooks says, whatever targets do (docs/webhooks.md)."""

import json
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any, cast

import psycopg
import pytest
from jsonschema import Draft202012Validator
from sqlalchemy import text
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from open311.actions import casework
from open311.actions.upkeep import restoring
from open311.base.errors import Forbidden, Invalid, NotFound
from open311.core import Core
from open311.model.access.actor import ALL_RIGHTS, Right, staff_actor
from open311.model.access.keys import Scope
from open311.storage.events import stream
from open311.webhooks import delivery, storage, subscriptions
from open311.webhooks.model import MessageState, State, Subscription, wait_after
from tests.actors import CLARA
from tests.adapters.strangers import Reply, Stranger, a_stranger
from tests.builders import a_catalogue, a_jurisdiction
from tests.opendata.live import a_live_core
from tests.patience import PATIENCE_SECONDS
from tests.serving import Api, Clock, an_api, first_city

ROOT = Path(__file__).parent.parent.parent
MODERATED = "MARKIERUNG"
# Seconds, and by far more than is waited.
LONG = PATIENCE_SECONDS


@pytest.fixture
def core(fresh_database_url: str) -> Iterator[Core]:
    """The first city's server, at the real time, since signatures are good for some minutes only."""
    made = a_live_core(
        fresh_database_url, OPEN311_WEBHOOK_ALLOW_PRIVATE="on", OPEN311_BASE_URL="https://city.example"
    )
    clock_of(made).now = datetime.now(UTC).replace(microsecond=0)
    yield made
    made.database.close()


@pytest.fixture
def api(core: Core) -> Api:
    """A client of the first city's server."""
    return an_api(core, Scope.REPORT)


@pytest.fixture
def target() -> Iterator[Stranger]:
    """Somebody who takes everything."""
    with a_stranger(lambda question: Reply(status=204)) as found:
        yield found


def clock_of(core: Core) -> Clock:
    """The clock of a server under test."""
    return cast(Clock, core.now)


def subscribe(core: Core, target: Stranger, name: str = "partner", **more: Any) -> Subscription:
    """Tell the target of everything, or of less."""
    return subscriptions.add(
        core, core.catalogues.in_force[0], name, f"{target.url}/hook", **more, actor=CLARA
    )


def work(core: Core, seconds: float = PATIENCE_SECONDS, **bounds: int) -> None:
    """What the worker does once a second."""
    delivery.enqueue(core, **bounds)
    for work in delivery.with_work(core):
        delivery.deliver(core, work, seconds=seconds)


def shown(core: Core, name: str = "partner") -> Subscription:
    """The subscription as staff see it."""
    return subscriptions.show(core, name).subscription


def entries(target: Stranger) -> list[dict[str, Any]]:
    """What a target was told, checked against the schema."""
    found = [json.loads(request.body) for request in target.asked]
    for message in found:
        schema().validate(message)
    return [message["data"] for message in found]


@cache
def schema() -> Draft202012Validator:
    """The contract."""
    contract = json.loads((ROOT / "schemas" / "webhook.schema.json").read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(contract)
    return Draft202012Validator(contract)


def test_everything_public_is_told_with_the_request_as_it_is(core: Core, api: Api, target: Stranger) -> None:
    subscribe(core, target)
    one = api.report(description="Matratzen")
    held = api.report(service_code=MODERATED)
    casework.set_status(core, int(one), "GELOEST", CLARA, "Weg")
    casework.publish(core, int(held), CLARA)
    casework.hide(core, int(held), CLARA)
    casework.erase(core, int(one), CLARA)
    work(core)
    told = [(entry["kind"], entry["service_request_id"], entry["reason"]) for entry in entries(target)]
    assert told == [
        ("submitted", one, "erased"),
        ("status_changed", one, "erased"),
        ("published", held, "hidden"),
        ("hidden", held, "hidden"),
        ("erased", one, "erased"),
    ]
    assert all(entry["request"] is None for entry in entries(target))


def test_an_entry_is_the_one_of_the_change_feed(core: Core, api: Api, target: Stranger) -> None:
    subscribe(core, target)
    since = api.raw("/changes.json").get_json()["next"]
    one, other = api.report(description="Matratzen"), api.report()
    casework.merge(core, int(one), int(other), CLARA)
    work(core)
    fed = api.raw("/changes.json", since=since).get_json()["changes"]
    assert entries(target) == fed
    assert {entry["kind"] for entry in fed} == {"submitted", "merged"}
    assert json.loads(target.asked[0].body)["type"] == "service_request.submitted"
    assert json.loads(target.asked[0].body)["jurisdiction_id"] == "ludwigshafen.de"


def test_what_is_not_public_is_not_told(core: Core, api: Api, target: Stranger) -> None:
    subscribe(core, target)
    api.report(service_code=MODERATED, email="anna@example.org", description="Geheim")
    work(core)
    assert target.asked == []


def test_a_message_is_signed_as_standard_webhooks_says(core: Core, api: Api, target: Stranger) -> None:
    made = subscribe(core, target)
    api.report(description="Müll")
    work(core)
    (question,) = target.asked
    assert (question.method, question.path) == ("POST", "/hook")
    assert Webhook(made.secret).verify(question.body, question.headers)["data"]["kind"] == "submitted"
    assert question.headers["Content-Type"] == "application/json; charset=utf-8"
    with pytest.raises(WebhookVerificationError):
        Webhook(made.secret).verify(question.body + b" ", question.headers)
    with pytest.raises(WebhookVerificationError):
        Webhook("whsec_" + "A" * 44).verify(question.body, question.headers)


def test_services_and_kinds_narrow_what_is_told(core: Core, api: Api, target: Stranger) -> None:
    subscribe(core, target, service_codes=[MODERATED], kinds=["published", "hidden", "erased"])
    waste = api.report()
    casework.hide(core, int(waste), CLARA)
    api.report(service_code=MODERATED)
    line = int(waste) + 1
    casework.publish(core, line, CLARA)
    casework.note(core, line, "Noch nicht", CLARA)
    casework.hide(core, line, CLARA)
    work(core)
    casework.erase(core, int(waste), CLARA)
    work(core)
    told = [(entry["kind"], entry["service_request_id"]) for entry in entries(target)]
    # Of what service an erased request was, nobody knows any more.
    assert told == [("published", str(line)), ("hidden", str(line)), ("erased", waste)]


def test_another_jurisdiction_is_not_told_of(fresh_database_url: str, target: Stranger) -> None:
    other = a_catalogue(jurisdiction=a_jurisdiction(jurisdiction_id="other.example"))
    core = a_live_core(fresh_database_url, first_city(), other, OPEN311_WEBHOOK_ALLOW_PRIVATE="on")
    api = an_api(core, Scope.REPORT)
    subscriptions.add(core, other, "other", target.url, actor=CLARA)
    api.report(jurisdiction_id="ludwigshafen.de")
    work(core)
    assert target.asked == []
    core.database.close()


def test_what_happened_before_is_not_told(core: Core, api: Api, target: Stranger) -> None:
    api.report()
    subscribe(core, target)
    work(core)
    assert target.asked == []


def test_a_message_that_failed_is_tried_again_under_its_id(core: Core, api: Api, target: Stranger) -> None:
    subscribe(core, target)
    api.report()
    target.answering = lambda question: Reply(status=500)
    work(core)
    work(core)
    assert len(target.asked) == 1
    clock_of(core).forward(seconds=5)
    target.answering = lambda question: Reply(status=200)
    work(core)
    first, second = target.asked
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert first.headers["webhook-timestamp"] < second.headers["webhook-timestamp"]
    assert [(a.status, a.error, m.state) for m, a in subscriptions.attempts(core, "partner", 10)] == [
        (200, None, MessageState.DELIVERED),
        (500, "the answer was 500", MessageState.DELIVERED),
    ]
    assert shown(core).failing_since is None


def test_a_request_hidden_meanwhile_is_not_told_any_more(core: Core, api: Api, target: Stranger) -> None:
    subscribe(core, target)
    one = api.report(description="Herr Müller wohnt in Nummer 5")
    target.answering = lambda question: Reply(status=500)
    work(core)
    casework.hide(core, int(one), CLARA)
    target.answering = lambda question: Reply()
    clock_of(core).forward(seconds=5)
    work(core)
    assert [entry["reason"] for entry in entries(target)] == [None, "hidden", "hidden"]
    assert b"Nummer 5" not in target.asked[1].body


def test_one_message_that_is_refused_does_not_hold_up_the_others(
    core: Core, api: Api, target: Stranger
) -> None:
    subscribe(core, target)
    bad, good = api.report(), api.report()
    target.answering = lambda question: Reply(status=400 if bad.encode() in question.body else 200)
    work(core)
    assert [entry["service_request_id"] for entry in entries(target)] == [bad, good]
    assert subscriptions.show(core, "partner").messages == {"waiting": 1, "delivered": 1}


def test_a_message_is_given_up_after_ten_attempts(core: Core, api: Api, target: Stranger) -> None:
    subscribe(core, target)
    api.report()
    target.answering = lambda question: Reply(status=400)
    for tried in range(1, 12):
        work(core)
        assert len(target.asked) == tried
        wait = wait_after(tried)
        clock_of(core).forward(seconds=wait.total_seconds() if wait else 10**6)
        if shown(core).state is State.DISABLED:
            break
    work(core)
    assert subscriptions.show(core, "partner").messages == {"given_up": 1}
    assert len(target.asked) == 11


def test_a_target_that_fails_for_days_is_disabled_with_the_reason(
    core: Core, api: Api, target: Stranger
) -> None:
    subscribe(core, target)
    target.answering = lambda question: Reply(status=503)
    for _ in range(6 * 8):
        api.report()
        work(core)
        clock_of(core).forward(hours=3)
    found = shown(core)
    assert found.state is State.DISABLED
    assert found.reason
    assert found.reason["key"] == "error.webhook.failing"
    assert found.reason["values"]["error"] == "the answer was 503"
    asked = len(target.asked)
    assert asked < 6 * 8
    target.answering = lambda question: Reply()
    work(core)
    assert len(target.asked) == asked
    subscriptions.resume(core, "partner", actor=CLARA)
    work(core)
    told = {entry["service_request_id"] for entry in entries(target)[asked:]}
    given_up = subscriptions.show(core, "partner").messages.get("given_up", 0)
    assert len(told) + given_up == 6 * 8


def test_a_target_that_is_gone_is_disabled_at_once(core: Core, api: Api, target: Stranger) -> None:
    subscribe(core, target)
    api.report()
    target.answering = lambda question: Reply(status=410)
    work(core)
    assert (shown(core).state, shown(core).reason) == (
        State.DISABLED,
        {"key": "error.webhook.gone", "values": {}},
    )


def test_what_happens_during_a_pause_is_told_afterwards(core: Core, api: Api, target: Stranger) -> None:
    subscribe(core, target)
    subscriptions.pause(core, "partner", actor=CLARA)
    one = api.report()
    work(core)
    assert target.asked == []
    subscriptions.resume(core, "partner", actor=CLARA)
    work(core)
    assert [entry["service_request_id"] for entry in entries(target)] == [one]


def test_a_pause_may_be_left_out(core: Core, api: Api, target: Stranger) -> None:
    subscribe(core, target)
    subscriptions.pause(core, "partner", actor=CLARA)
    api.report()
    subscriptions.resume(core, "partner", skip=True, actor=CLARA)
    later = api.report()
    work(core)
    assert [entry["service_request_id"] for entry in entries(target)] == [later]


def test_a_span_is_sent_again_under_the_same_ids(core: Core, api: Api, target: Stranger) -> None:
    before = api.report()
    clock_of(core).forward(hours=1)
    subscribe(core, target)
    one = api.report()
    clock_of(core).forward(hours=1)
    api.report()
    work(core)
    first = target.asked[:]
    now = core.now()
    since, until = now - timedelta(hours=3), now - timedelta(minutes=30)
    assert subscriptions.replay(core, "partner", since, until, actor=CLARA) == 2
    work(core)
    again = entries(target)[len(first) :]
    assert [request["service_request_id"] for request in again] == [one, before]
    assert target.asked[2].headers["webhook-id"] == first[0].headers["webhook-id"]


def test_removing_forgets_everything(core: Core, api: Api, target: Stranger) -> None:
    subscribe(core, target)
    api.report()
    delivery.enqueue(core)
    subscriptions.remove(core, "partner", actor=CLARA)
    work(core)
    assert target.asked == []
    with pytest.raises(NotFound):
        subscriptions.show(core, "partner")
    with core.database.read() as conn:
        assert conn.execute(text("select count(*) from webhook_messages")).scalar_one() == 0
        assert conn.execute(text("select count(*) from stream_readers")).scalar_one() == 0


@pytest.mark.parametrize(
    "url",
    [
        "ftp://example.org/",
        "example.org/hook",
        "http://",
        "javascript:alert(1)",
        "http://user:password@example.org/",
        "http://[::1",
        "http://example.org:99999/",
        "https://example.org/" + "a" * 2000,
    ],
)
def test_a_target_must_be_a_plain_web_address(url: str, core: Core) -> None:
    with pytest.raises(Invalid, match=r"error\.webhook\.url"):
        subscriptions.add(core, core.catalogues.in_force[0], "partner", url, actor=CLARA)
    assert subscriptions.list_all(core) == []


def test_only_whoever_runs_the_server_says_who_is_told(core: Core, target: Stranger) -> None:
    subscribe(core, target)
    stranger = staff_actor(17, ALL_RIGHTS - {Right.OPERATE}, None)
    for act in (subscriptions.pause, subscriptions.resume, subscriptions.remove):
        with pytest.raises(Forbidden):
            act(core, "partner", actor=stranger)
    with pytest.raises(Forbidden):
        subscriptions.replay(core, "partner", core.now(), core.now(), actor=stranger)
    with pytest.raises(Forbidden):
        subscriptions.add(core, core.catalogues.in_force[0], "own", target.url, actor=stranger)
    assert [subscription.name for subscription in subscriptions.list_all(core)] == ["partner"]


def test_everything_that_is_wrong_is_told_at_once(core: Core, target: Stranger) -> None:
    subscribe(core, target)
    with pytest.raises(Invalid) as refused:
        subscriptions.add(
            core,
            core.catalogues.in_force[0],
            "partner",
            "nowhere",
            ["UNKNOWN"],
            ["published", "sold"],
            actor=CLARA,
        )
    assert [problem.key for problem in refused.value.problems] == [
        "error.service_code.unknown",
        "error.webhook.kind",
        "error.webhook.url",
        "error.webhook.name_taken",
    ]


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "[::1]", "10.0.0.1", "169.254.169.254", "0.0.0.0"]
)
def test_a_target_within_our_network_is_not_reached(host: str, core: Core, api: Api) -> None:
    guarded = replace(core, settings=replace(core.settings, webhook_allow_private=False))
    with a_stranger(lambda question: Reply()) as inside:
        port = inside.url.rsplit(":", 1)[1]
        subscriptions.add(core, core.catalogues.in_force[0], "inside", f"http://{host}:{port}/", actor=CLARA)
        api.report()
        work(guarded)
        assert inside.asked == []
    ((_, attempt),) = subscriptions.attempts(core, "inside", 10)
    assert attempt.status is None
    assert "not public" in str(attempt.error)
    assert "OPEN311_WEBHOOK_ALLOW_PRIVATE" in str(attempt.error)


def _stalls(handler: BaseHTTPRequestHandler) -> None:
    time.sleep(LONG)


def _trickles_its_head(handler: BaseHTTPRequestHandler) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
    for number in range(10 * LONG):
        handler.wfile.write(b"X-%d: x\r\n" % number)
        handler.wfile.flush()
        time.sleep(0.1)


def _trickles_its_body(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.end_headers()
    for _ in range(10 * LONG):
        handler.wfile.write(b"x")
        handler.wfile.flush()
        time.sleep(0.1)


def _lies_about_its_length(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", "100000")
    handler.end_headers()
    handler.wfile.write(b"x")


def _answers_megabytes(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.end_headers()
    for _ in range(1000):
        handler.wfile.write(b"x" * 1_000_000)


def _speaks_something_else(handler: BaseHTTPRequestHandler) -> None:
    handler.wfile.write(b"220 mail.example.org ESMTP\r\n")


def _has_an_endless_head(handler: BaseHTTPRequestHandler) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Long: ")
    for _ in range(1000):
        handler.wfile.write(b"x" * 1_000_000)


# These are over at once, if only somebody notices.
SHORT = (_lies_about_its_length, _speaks_something_else)


@pytest.mark.parametrize(
    ("misdeed", "seconds", "status"),
    [
        (_stalls, 0.5, None),
        (_trickles_its_head, 0.5, None),
        (_trickles_its_body, 0.5, None),
        (_lies_about_its_length, LONG, None),
        (_speaks_something_else, LONG, None),
        (_has_an_endless_head, LONG, None),
        (_answers_megabytes, LONG, 200),
    ],
)
def test_a_target_that_misbehaves_costs_no_more_than_its_time(
    misdeed: Any, seconds: float, status: int | None, core: Core, api: Api, target: Stranger
) -> None:
    ended: list[Any] = []

    def misbehaves(handler: BaseHTTPRequestHandler) -> None:
        misdeed(handler)
        ended.append(misdeed)

    subscribe(core, target)
    target.answering = lambda question: Reply(write=misbehaves)
    api.report()
    api.report()
    work(core, seconds=seconds)
    assert not ended or misdeed in SHORT
    found = subscriptions.attempts(core, "partner", 10)
    assert {attempt.status for _, attempt in found} == {status}
    # One that does not answer is left alone for a while, with all its messages.
    assert len(found) == (2 if status else 1)
    assert all(bool(attempt.error) == (status is None) for _, attempt in found)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(status: int, core: Core, api: Api, target: Stranger) -> None:
    subscribe(core, target)
    with a_stranger(lambda question: Reply()) as elsewhere:
        target.answering = lambda question: Reply(status=status, headers={"Location": elsewhere.url})
        api.report()
        work(core)
        assert elsewhere.asked == []
    ((_, attempt),) = subscriptions.attempts(core, "partner", 10)
    assert (attempt.status, attempt.error) == (status, f"the answer was {status}")


def test_no_event_is_skipped_or_doubled_by_many_writers_and_readers(
    core: Core, api: Api, target: Stranger
) -> None:
    """Transactions that commit out of order, workers that read at the same time."""
    subscribe(core, target)
    done = threading.Event()

    def read() -> None:
        while not done.is_set():
            delivery.enqueue(core)

    def write(number: int) -> None:
        client = replace(api, client=api.client.another())
        for _ in range(15):
            casework.note(core, int(client.report()), f"writer {number}", CLARA)

    readers = [threading.Thread(target=read) for _ in range(2)]
    writers = [threading.Thread(target=write, args=(number,)) for number in range(4)]
    for thread in (*readers, *writers):
        thread.start()
    for thread in writers:
        thread.join()
    done.set()
    for thread in readers:
        thread.join()
    delivery.enqueue(core)
    with core.database.read() as conn:
        events = list(conn.execute(text("select id from events where in_feed order by id")).scalars())
        messages = list(
            conn.execute(text("select event_id from webhook_messages order by event_id")).scalars()
        )
    assert len(events) == 4 * 15 * 2
    assert messages == events


def test_a_late_commit_is_waited_for(core: Core, api: Api, target: Stranger, fresh_database_url: str) -> None:
    subscribe(core, target)
    with psycopg.connect(fresh_database_url) as slow:
        slow.execute("select pg_current_xact_id()")
        one = api.report()
        work(core)
        assert target.asked == []
    work(core)
    assert [entry["service_request_id"] for entry in entries(target)] == [one]


def test_a_database_moved_elsewhere_goes_on(core: Core, api: Api, target: Stranger) -> None:
    """Transactions are counted anew there; nothing is lost, and nothing is told again."""
    made = subscribe(core, target)
    first = api.report()
    work(core)
    waiting = api.report()
    with core.database.begin() as conn:
        conn.execute(text("update events set xid = (xid::text::bigint + 1000000)::text::xid8"))
        conn.execute(
            text(
                "update stream_readers set source = 'elsewhere', xid = (xid::text::bigint + 1000000)::text::xid8"
            )
        )
        conn.execute(text("update instance set source = 'elsewhere'"))
    restoring.declare(core, (), nothing_lost=True)
    later = api.report()
    for _ in range(3):
        work(core)
    told = [entry["service_request_id"] for entry in entries(target)]
    assert told == [first, waiting, later]
    assert len({request.headers["webhook-id"] for request in target.asked}) == 3
    with core.database.begin() as conn:
        assert stream.take(conn, made.reader, 10, made.jurisdiction_id) == []


def test_a_target_long_silent_leaves_the_rest_in_the_stream(core: Core, api: Api, target: Stranger) -> None:
    few = {"at_once": 2, "most_waiting": 3}
    made = subscribe(core, target)
    ids = [api.report() for _ in range(9)]
    delivery.enqueue(core, **few)
    with core.database.read() as conn:
        assert storage.waiting(conn, made.id, 100) == 4
    for _ in range(5):
        work(core, **few)
    assert [entry["service_request_id"] for entry in entries(target)] == ids


def test_old_messages_are_forgotten_with_their_attempts(core: Core, api: Api, target: Stranger) -> None:
    subscribe(core, target)
    api.report()
    work(core)
    api.report()
    delivery.enqueue(core)
    clock_of(core).forward(days=31)
    assert delivery.prune(core) == 1
    assert subscriptions.show(core, "partner").messages == {"waiting": 1}
    assert subscriptions.attempts(core, "partner", 10) == []


def test_messages_of_a_jurisdiction_that_is_gone_rest_until_it_is_back(
    core: Core, api: Api, target: Stranger
) -> None:
    subscribe(core, target)
    one = api.report()
    delivery.enqueue(core)
    before = core.catalogues.in_force
    core.catalogues.in_force = (a_catalogue(jurisdiction=a_jurisdiction(jurisdiction_id="other.example")),)
    work(core)
    assert (delivery.with_work(core), target.asked) == ([], [])
    core.catalogues.in_force = before
    clock_of(core).forward(seconds=300)
    work(core)
    assert [entry["service_request_id"] for entry in entries(target)] == [one]


def test_nothing_is_sent_without_a_question(core: Core) -> None:
    assert delivery.with_work(core) == []
    delivery.deliver(core, 12345)
