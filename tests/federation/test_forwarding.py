"""Reports are handed on to other GeoReport servers: each once, whatever happens (docs/federation.md)."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from http.server import BaseHTTPRequestHandler
from typing import Any, cast
from urllib.parse import parse_qs

import pytest
from sqlalchemy import text

from open311.actions import casework
from open311.base.errors import Invalid, NotFound
from open311.base.problems import in_words
from open311.core import Core
from open311.federation.forwarding import forward_updates, handover, in_doubt
from open311.model.access.actor import forward_actor
from open311.model.access.keys import Scope
from open311.model.catalogue import Catalogue
from open311.model.forwards import LEASE, Forward, ForwardedRequest, ForwardState
from open311.model.service_request import Visibility
from tests.actors import CLARA
from tests.adapters.strangers import Question, Reply, Stranger, a_stranger
from tests.builders import a_catalogue, a_jurisdiction, a_service, a_vehicle_service
from tests.opendata.live import a_live_core
from tests.serving import Api, Clock, an_api

KEY = "0123456789abcdef"


@pytest.fixture
def works() -> Iterator[Stranger]:
    """The server that gets the reports; it gives ids from 501."""
    with a_stranger(Works()) as found:
        yield found


class Works:
    """A plain GeoReport server in a few lines."""

    def __init__(self) -> None:
        self.stored: list[dict[str, list[str]]] = []
        self.requests: dict[str, dict[str, Any]] = {}
        self.updates: list[dict[str, Any]] | None = None
        self.newest_first, self.most = False, 1000

    def told(self, query: dict[str, list[str]]) -> list[dict[str, Any]]:
        """The updates of a span, at most so many."""
        start, end = query["start_date"][0], query["end_date"][0]
        updates = [update for update in self.updates or () if start <= update["updated_datetime"] <= end]
        return sorted(
            updates, key=lambda request: str(request["updated_datetime"]), reverse=self.newest_first
        )[: self.most]

    def __call__(self, question: Question) -> Reply:
        """Take a report, or tell of those it has."""
        if question.method == "POST":
            self.stored.append(parse_qs(question.body.decode()))
            return Reply(json.dumps([{"service_request_id": str(500 + len(self.stored))}]))
        if question.path.startswith("/servicerequestupdates"):
            if self.updates is not None and self.most < 1000:
                return Reply(json.dumps(self.told(parse_qs(question.path.partition("?")[2]))))
            return Reply(status=404) if self.updates is None else Reply(json.dumps(self.updates))
        return Reply(json.dumps(list(self.requests.values())))


def stored(works: Stranger) -> list[dict[str, list[str]]]:
    """The reports the other server has taken."""
    return cast(Works, works.answering).stored


def a_city(works: Stranger, moderated: bool = False, **forward: Any) -> Catalogue:
    """A city whose waste and vehicles are looked after elsewhere."""
    there = Forward(**{"url": works.url, "service_code": "W1", "api_key": "works", **forward})
    waste = a_service(forward=there, moderated=moderated)
    vehicles = a_vehicle_service(forward=replace(there, service_code="V1"), moderated=False)
    return a_catalogue(waste, vehicles, a_service(service_code="OTHER", moderated=False))


class City:
    """Our server, and its worker once a second."""

    def __init__(self, url: str, catalogue: Catalogue) -> None:
        self.core = a_live_core(
            url, catalogue, OPEN311_FORWARD_KEYS=f"works={KEY}", OPEN311_BASE_URL="https://city.example"
        )
        with self.core.database.begin() as conn:
            handover.keep_reader(conn, [catalogue])
        self.api: Api = an_api(self.core, Scope.REPORT)

    @property
    def clock(self) -> Clock:
        """The clock of our server."""
        return cast(Clock, self.core.now)

    def work(self, core: Core | None = None) -> None:
        """What the worker does."""
        handover.enqueue(core or self.core)
        for forwarded in handover.due(core or self.core):
            handover.attend(core or self.core, forwarded)

    def found(self, number: str) -> ForwardedRequest:
        """How far a request has come."""
        (one,) = [
            request
            for request in in_doubt.search(self.core, 100)
            if request.service_request_id == int(number)
        ]
        return one

    def status(self, number: str) -> tuple[str, str | None]:
        """The detailed status and the public note."""
        request = casework.show(self.core, int(number), CLARA).request
        return request.detailed_status, request.status_notes


@pytest.fixture
def city(fresh_database_url: str, works: Stranger) -> Iterator[City]:
    """A city that hands its waste on, with plain conventions."""
    made = City(fresh_database_url, a_city(works))
    yield made
    made.core.database.close()


def in_force(city: City, catalogue: Catalogue) -> None:
    """Put another catalogue in force."""
    city.core.catalogues.in_force = (catalogue,)


def test_a_report_is_handed_on_once_with_both_ids_kept(city: City, works: Stranger) -> None:
    number = city.api.report(
        description="Matratzen", address_string="Ludwigstr. 12", email="anna@example.org", last_name="Muster"
    )
    city.api.report(service_code="OTHER")
    city.work()
    city.work()
    (sent,) = stored(works)
    assert sent == {
        "api_key": [KEY],
        "service_code": ["W1"],
        "lat": ["49.48"],
        "long": ["8.44"],
        "address_string": ["Ludwigstr. 12"],
        "description": ["Matratzen"],
        "client_request_id": [city.found(number).client_request_id],
    }
    assert (city.found(number).state, city.found(number).foreign_id) == (ForwardState.SENT, "501")
    assert [request.service_request_id for request in in_doubt.search(city.core, 5, foreign_id="501")] == [
        int(number)
    ]
    event = casework.show(city.core, int(number), CLARA).history[-1]
    assert (event.kind, event.public) == ("forwarded", False)
    assert event.data == {"url": works.url, "foreign_id": "501"}


def test_reports_of_the_test_endpoint_are_never_handed_on(city: City, works: Stranger) -> None:
    """Also where reports go out unchecked; tokens and retries change nothing."""
    in_force(city, a_city(works, when="received"))
    sandbox = Api(city.api.client, city.api.key, base="/open311/test/v2")
    number = sandbox.report(description="Nur ein Versuch")
    casework.set_status(city.core, int(number), "fixed", CLARA)
    city.work()
    assert (stored(works), list(in_doubt.search(city.core, 100))) == ([], [])
    with pytest.raises(NotFound):
        in_doubt.retry(city.core, int(number), CLARA)
    city.api.report(description="Im Ernst")
    city.work()
    assert [request["description"] for request in stored(works)] == [["Im Ernst"]]


def test_personal_data_goes_along_only_where_the_city_says_so(city: City, works: Stranger) -> None:
    in_force(city, a_city(works, personal_data=True, jurisdiction_id="works.example"))
    city.api.report(
        service_code="FAHRZEUG_ALT",
        email="anna@example.org",
        last_name="Muster",
        **{
            "attribute[KENNZEICHEN]": "LU-AB 123",
            "attribute[FARBE]": "blau",
            "attribute[ZUSTAND][]": ["glas", "oel"],
        },
    )
    city.work()
    (sent,) = stored(works)
    assert (sent["email"], sent["last_name"]) == (["anna@example.org"], ["Muster"])
    assert sent["attribute[KENNZEICHEN]"] == ["LU-AB 123"]
    assert sent["attribute[ZUSTAND][]"] == ["glas", "oel"]
    assert (sent["service_code"], sent["jurisdiction_id"]) == (["V1"], ["works.example"])


def test_answers_that_are_not_public_stay_here(city: City, works: Stranger) -> None:
    city.api.report(
        service_code="FAHRZEUG_ALT", **{"attribute[KENNZEICHEN]": "LU-AB 123", "attribute[FARBE]": "blau"}
    )
    city.work()
    (sent,) = stored(works)
    assert "attribute[KENNZEICHEN]" not in sent
    assert sent["attribute[FARBE]"] == ["blau"]


def test_fixmystreet_conventions(city: City, works: Stranger) -> None:
    """What open311-adapter reads (Open311.pm)."""
    in_force(city, a_city(works, conventions="fixmystreet"))
    number = city.api.report(
        description="Matratzen am Rhein\nund ein Sofa", media_url="https://p.example/1.jpg"
    )
    city.work()
    (sent,) = stored(works)
    assert sent["attribute[fixmystreet_id]"] == [number]
    assert sent["attribute[title]"] == ["Matratzen am Rhein"]
    assert sent["attribute[description]"] == ["Matratzen am Rhein\nund ein Sofa"]
    assert sent["attribute[report_url]"] == [f"https://city.example/open311/v2/requests/{number}.json"]
    assert sent["description"][0].startswith("title: Matratzen am Rhein\n\ndetail: Matratzen am Rhein\nund")
    assert sent["media_url"] == ["https://p.example/1.jpg"]


def test_a_held_report_is_handed_on_once_it_is_published(city: City, works: Stranger) -> None:
    in_force(city, a_city(works, moderated=True))
    number = city.api.report()
    city.work()
    assert stored(works) == []
    casework.publish(city.core, int(number), CLARA)
    city.work()
    assert len(stored(works)) == 1


def test_a_service_may_hand_on_at_once(city: City, works: Stranger) -> None:
    in_force(city, a_city(works, moderated=True, when="received"))
    number = city.api.report()
    city.work()
    casework.publish(city.core, int(number), CLARA)
    city.work()
    assert len(stored(works)) == 1


def test_a_report_hidden_before_it_left_stays_until_it_is_public_again(city: City, works: Stranger) -> None:
    number = city.api.report()
    handover.enqueue(city.core)
    casework.hide(city.core, int(number), CLARA)
    city.work()
    assert (city.found(number).state, stored(works)) == (ForwardState.WITHDRAWN, [])
    casework.publish(city.core, int(number), CLARA)
    city.work()
    assert (city.found(number).state, len(stored(works))) == (ForwardState.SENT, 1)


def test_reports_from_before_and_of_the_test_endpoint_are_not_handed_on(
    fresh_database_url: str, works: Stranger
) -> None:
    core = a_live_core(fresh_database_url, a_catalogue(a_service(moderated=False)))
    an_api(core).report()
    city = City(fresh_database_url, a_city(works))
    replace(city.api, base="/open311/test/v2").report()
    city.work()
    assert stored(works) == []
    city.core.database.close()
    core.database.close()


def test_a_token_is_followed_until_it_is_an_id(city: City, works: Stranger) -> None:
    given: list[str] = []

    def batch(question: Question) -> Reply:
        if question.method == "POST":
            return Reply("<service_requests><request><token>t1</token></request></service_requests>")
        told = [{"token": "t1", "service_request_id": given[0] if given else None}]
        return Reply(json.dumps(told))

    works.answering = batch
    number = city.api.report()
    for _ in range(3):
        city.work()
        city.clock.forward(minutes=5)
    assert city.found(number).state is ForwardState.TOKEN
    given.append("77")
    city.work()
    assert (city.found(number).state, city.found(number).foreign_id) == (ForwardState.SENT, "77")
    assert [request.method for request in works.asked].count("POST") == 1
    assert works.asked[-1].path.startswith("/tokens/t1.json")


def test_a_server_that_is_busy_is_tried_again(city: City, works: Stranger) -> None:
    usual = works.answering
    works.answering = lambda question: Reply(status=503, headers={"Retry-After": "90"})
    number = city.api.report()
    city.work()
    assert (city.found(number).state, city.found(number).error) == (ForwardState.WAITING, "503")
    works.answering = usual
    city.clock.forward(seconds=60)
    city.work()
    assert stored(works) == []
    city.clock.forward(seconds=40)
    city.work()
    assert (city.found(number).state, len(stored(works))) == (ForwardState.SENT, 1)


def test_a_server_that_is_away_for_days_leaves_it_to_staff(city: City, works: Stranger) -> None:
    usual = works.answering
    works.answering = lambda question: Reply(status=503)
    number = city.api.report()
    for _ in range(12):
        city.work()
        city.clock.forward(days=1)
    assert city.found(number).state is ForwardState.REFUSED
    assert len(works.asked) == 11
    works.answering = usual
    in_doubt.retry(city.core, int(number), CLARA)
    city.work()
    assert city.found(number).state is ForwardState.SENT


def test_a_refusal_is_shown_to_staff_in_the_words_of_the_server(city: City, works: Stranger) -> None:
    works.answering = lambda question: Reply('[{"code": 403, "description": "key revoked"}]', 403)
    number = city.api.report()
    city.work()
    city.work()
    assert (city.found(number).state, city.found(number).error) == (ForwardState.REFUSED, "403 key revoked")
    assert len(works.asked) == 1


def test_a_key_that_is_missing_in_the_settings_holds_reports_back(city: City, works: Stranger) -> None:
    in_force(city, a_city(works, api_key="elsewhere"))
    number = city.api.report()
    city.work()
    assert city.found(number).error == "OPEN311_FORWARD_KEYS has no key named elsewhere"
    settings = replace(city.core.settings, forward_keys={"elsewhere": KEY})
    city.clock.forward(minutes=1)
    city.work(replace(city.core, settings=settings))
    assert len(stored(works)) == 1


class Died(BaseException):
    """The worker was killed."""


def _die(handler: BaseHTTPRequestHandler) -> None:
    handler.connection.close()


def lose_the_answer(works: Stranger) -> None:
    """The other server takes the report, and its answer never arrives."""
    usual = cast(Works, works.answering)

    def answering(question: Question) -> Reply:
        taken = usual(question)
        if question.method == "POST":
            number = json.loads(str(taken.body))[0]["service_request_id"]
            sent = usual.stored[-1]
            usual.requests[number] = {
                "service_request_id": number,
                "status": "open",
                "description": sent.get("description", [""])[0],
                "lat": float(sent["lat"][0]),
                "long": float(sent["long"][0]),
            }
            works.answering = usual
            return Reply(write=_die)
        return taken

    works.answering = answering


def test_a_report_whose_answer_was_lost_is_looked_for_not_sent_again(city: City, works: Stranger) -> None:
    lose_the_answer(works)
    number = city.api.report(description="Matratzen\nund mehr")
    city.work()
    assert city.found(number).state is ForwardState.SENDING
    city.clock.forward(seconds=5)
    city.work()
    assert (city.found(number).state, city.found(number).foreign_id) == (ForwardState.SENT, "501")
    assert len(stored(works)) == 1
    query = parse_qs(works.asked[-1].path.partition("?")[2])
    assert query["service_code"] == ["W1"]


def test_a_server_that_knows_repetitions_gets_it_again_under_the_same_name(
    city: City, works: Stranger
) -> None:
    in_force(city, a_city(works, repeatable=True))
    lose_the_answer(works)
    city.api.report()
    city.work()
    city.clock.forward(seconds=5)
    city.work()
    first, second = stored(works)
    assert first["client_request_id"] == second["client_request_id"]


def test_what_cannot_be_told_is_left_to_staff(city: City, works: Stranger) -> None:
    lose_the_answer(works)
    number = city.api.report()
    city.work()
    cast(Works, works.answering).requests.clear()
    city.clock.forward(seconds=5)
    city.work()
    assert (city.found(number).state, city.found(number).error) == (
        ForwardState.UNCERTAIN,
        "perhaps sent, but not found there",
    )
    for _ in range(3):
        city.clock.forward(days=1)
        city.work()
    assert len(stored(works)) == 1
    in_doubt.link(city.core, int(number), "501", CLARA)
    assert (city.found(number).state, city.found(number).foreign_id) == (ForwardState.SENT, "501")
    with pytest.raises(Invalid) as refused:
        in_doubt.retry(city.core, int(number), CLARA)
    assert "dort angekommen" in in_words(refused.value.problems[0], "de")


def test_two_that_are_alike_are_left_to_staff(city: City, works: Stranger) -> None:
    lose_the_answer(works)
    number = city.api.report(description="Sofa")
    city.work()
    there = cast(Works, works.answering).requests
    there["502"] = there["501"] | {"service_request_id": "502"}
    city.clock.forward(seconds=5)
    city.work()
    assert city.found(number).error == "perhaps one of 501, 502"


def test_a_worker_that_dies_after_sending_does_not_send_again(city: City, works: Stranger) -> None:
    number = city.api.report()
    handover.enqueue(city.core)
    with city.core.database.begin() as conn:
        # What a worker leaves behind that was killed in the middle.
        conn.execute(
            text("update forwards set state = 'sending', sent_datetime = :now, due_datetime = :later"),
            {"now": city.core.now(), "later": city.core.now() + LEASE},
        )
    city.work()
    assert works.asked == []
    city.clock.forward(seconds=LEASE.total_seconds())
    city.work()
    assert city.found(number).state is ForwardState.UNCERTAIN
    assert stored(works) == []


def test_two_workers_send_a_report_once(city: City, works: Stranger) -> None:
    number = int(city.api.report())
    handover.enqueue(city.core)
    usual = works.answering

    def slow(question: Question) -> Reply:
        works.answering = usual
        handover.attend(city.core, number)
        return usual(question)

    works.answering = slow
    handover.attend(city.core, number)
    assert len(stored(works)) == 1


def test_updates_of_the_other_server_are_done_here_once(city: City, works: Stranger) -> None:
    number = city.api.report()
    city.work()
    there = cast(Works, works.answering)
    told = {"service_request_id": "501", "updated_datetime": "2026-03-02T10:00:00+01:00", "media_url": ""}
    there.updates = [
        {**told, "update_id": "1", "status": "IN_PROGRESS", "description": "Wird geprüft"},
        {**told, "update_id": "2", "service_request_id": "999", "status": "fixed", "description": "Anderes"},
    ]
    assert forward_updates.pull(city.core, works.url) == 1
    assert city.status(number) == ("in_process", "Wird geprüft")
    there.updates += [{**told, "update_id": "3", "status": "fixed - council", "description": "Weg"}]
    assert [forward_updates.pull(city.core, works.url) for _ in range(2)] == [1, 0]
    assert city.status(number) == ("fixed", "Weg")
    moved = [
        note for note in casework.show(city.core, int(number), CLARA).history if note.kind == "status_changed"
    ]
    host = works.url.removeprefix("http://")
    assert [event.actor for event in moved] == [f"forward:{host}"] * 2
    query = parse_qs(works.asked[-1].path.partition("?")[2])
    assert set(query) == {"start_date", "end_date"}


def test_an_older_update_that_comes_later_never_moves_a_report_back(city: City, works: Stranger) -> None:
    """B5: pulled; its words are told."""
    number = city.api.report()
    city.work()
    there = cast(Works, works.answering)
    told = {"service_request_id": "501", "media_url": ""}
    fixed, late = "2026-03-02T09:20:00+01:00", "2026-03-02T09:10:00+01:00"
    there.updates = [
        {**told, "update_id": "2", "status": "fixed", "description": "Weg", "updated_datetime": fixed}
    ]
    assert forward_updates.pull(city.core, works.url) == 1
    there.updates += [
        {**told, "update_id": "1", "status": "IN_PROGRESS", "description": "Los", "updated_datetime": late}
    ]
    assert forward_updates.pull(city.core, works.url) == 1
    assert city.status(number)[0] == "fixed"
    updates = city.api.get("/servicerequestupdates", service_request_id=number)
    assert [(update["status"], update["description"]) for update in updates] == [
        ("fixed", "Weg"),
        ("fixed", "Los"),
    ]


@pytest.mark.parametrize("newest_first", [True, False])
def test_a_list_of_updates_that_is_cut_off_is_read_to_its_ends(
    city: City, works: Stranger, newest_first: bool
) -> None:
    """B8: ten at a time, whichever come first."""
    number = city.api.report()
    city.work()
    there = cast(Works, works.answering)
    there.newest_first, there.most = newest_first, 10
    there.updates = [
        {
            "update_id": str(count),
            "service_request_id": "501",
            "status": "UNCHANGED",
            "description": f"Nachricht {count}",
            "updated_datetime": f"2026-03-02T08:{count % 30:02}:{count // 30 * 7:02}Z",
        }
        for count in range(45)
    ]
    assert forward_updates.pull(city.core, works.url) == 45
    told = city.api.get("/servicerequestupdates", service_request_id=number)
    assert len({update["description"] for update in told}) == 45


def test_a_text_without_a_move_is_told_and_an_unknown_word_moves_nothing(city: City, works: Stranger) -> None:
    number = city.api.report()
    city.work()
    told = {"service_request_id": "501", "updated_datetime": "2026-03-02T10:00:00Z"}
    cast(Works, works.answering).updates = [
        {**told, "update_id": "a", "status": "wibble", "description": "Im Plan"},
        {**told, "update_id": "b", "status": "wibble", "description": ""},
    ]
    assert forward_updates.pull(city.core, works.url) == 1
    assert city.status(number)[0] == "received"
    (update,) = city.api.get("/servicerequestupdates", service_request_id=number)
    assert update["description"] == "Im Plan"


def test_a_server_without_updates_is_asked_for_its_requests_ten_at_a_time(
    city: City, works: Stranger
) -> None:
    numbers = [city.api.report() for _ in range(23)]
    city.work()
    there = cast(Works, works.answering)
    there.requests = {
        str(number): {"service_request_id": number, "status": "open", "status_notes": ""}
        for number in range(501, 524)
    }
    assert forward_updates.pull(city.core, works.url) == 0
    batches = [
        parse_qs(request.path.partition("?")[2])["service_request_id"][0].split(",")
        for request in works.asked
        if request.path.startswith("/requests.json?")
    ]
    assert [len(batch) for batch in batches] == [10, 10, 3]
    there.requests["501"] |= {"status": "closed", "status_notes": "Abgeholt"}
    assert [forward_updates.pull(city.core, works.url) for _ in range(2)] == [1, 0]
    assert city.status(numbers[0]) == ("fixed", "Abgeholt")
    assert {city.status(number)[0] for number in numbers[1:]} == {"received"}


def test_where_updates_are_pushed_nothing_is_pulled(city: City, works: Stranger) -> None:
    """Back to us by POST servicerequestupdates, with a key that may change the status."""
    in_force(city, a_city(works, updates="pushed"))
    number = city.api.report()
    city.work()
    assert forward_updates.targets(city.core) == {}
    pusher = an_api(city.core, Scope.CHANGE_STATUS)
    answer = pusher.client.post(
        "/open311/v2/servicerequestupdates.json",
        data={
            "api_key": pusher.key,
            "service_request_id": number,
            "update_id": "17",
            "status": "FIXED",
            "updated_datetime": "2026-03-02T09:00:00Z",
            "description": "Weg",
        },
    )
    assert answer.status_code == 200
    assert city.status(number) == ("fixed", "Weg")


def test_a_request_closed_long_ago_is_not_asked_for(city: City, works: Stranger) -> None:
    number = city.api.report()
    city.work()
    casework.set_status(city.core, int(number), "fixed", forward_actor("works.example"))
    city.clock.forward(days=31)
    asked = len(works.asked)
    forward_updates.pull(city.core, works.url)
    assert len(works.asked) == asked


def test_an_erased_request_is_forgotten(city: City, works: Stranger) -> None:
    number = city.api.report()
    city.work()
    casework.erase(city.core, int(number), CLARA)
    assert in_doubt.search(city.core, 10) == []
    with pytest.raises(NotFound):
        in_doubt.link(city.core, int(number), "501", CLARA)


@pytest.mark.parametrize("owner", ["ludwigshafen.de", "elsewhere.example"])
def test_a_catalogue_that_names_the_server_no_more_stops_what_waits(
    city: City, works: Stranger, owner: str
) -> None:
    number = city.api.report()
    handover.enqueue(city.core)
    here = a_jurisdiction(jurisdiction_id=owner, aliases=())
    in_force(city, a_catalogue(a_service(moderated=False), jurisdiction=here))
    city.work()
    assert city.found(number).state is ForwardState.REFUSED
    assert works.asked == []
    assert casework.show(city.core, int(number), CLARA).request.visibility == Visibility.PUBLISHED
    assert city.core.now() - city.found(number).created_datetime == timedelta()
