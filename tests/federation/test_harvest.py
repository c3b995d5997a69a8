"""Other servers' public requests, shown here as jurisdictions of their own."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import pytest
from sqlalchemy import Connection, text
from werkzeug.serving import make_server

from open311.actions import casework, catalogue_publication
from open311.app import create_app
from open311.base.errors import Forbidden, Invalid, NotFound
from open311.cli import commands
from open311.core import Catalogues, Core
from open311.federation import harvest, upsert
from open311.federation.catalogues import HARVESTED
from open311.federation.client import client as federation_client
from open311.federation.client import reader as source_reader
from open311.federation.references import Counts
from open311.model.access.actor import ALL_RIGHTS, Right, staff_actor
from open311.model.events.event_kinds import IN_FEED
from tests.actors import CLARA
from tests.builders import a_catalogue, a_jurisdiction, a_service
from tests.checker.broken import JSON_TYPE, Little, a_request, serving
from tests.client import client_of
from tests.opendata.live import a_live_core
from tests.serving import Api, Clock, an_api, first_city

ELSEWHERE = "elsewhere.example"


@pytest.fixture
def here(core: Core, clock: Clock) -> Core:
    """Our server in April, after the requests of `Little`."""
    clock.forward(days=40)
    catalogue_publication.publish(core, HARVESTED)
    return core


def begin(core: Core, url: str, **options: Any) -> None:
    """Harvest a server without delay."""
    harvest.add(core, url, ELSEWHERE, {"delay": 0} | options, actor=CLARA)
    catalogue_publication.publish(core, HARVESTED)


def run(core: Core, **more: Any) -> dict[str, int]:
    """One run without waiting; the counts that are not zero."""
    source = harvest.find(core, ELSEWHERE)
    counts: Counts = harvest.run(core, source, wait=more.pop("wait", lambda _: None), **more)
    return {name: number for name, number in counts.as_dict().items() if number}


def reader(core: Core) -> Api:
    """A client without a key."""
    return Api(client_of(core))


def problem(core: Core) -> str | None:
    """What the last run ended with."""
    return harvest.find(core, ELSEWHERE).problem


def kinds(conn: Connection) -> list[str]:
    """The kinds of all events of the harvested jurisdiction, in order."""
    asked = text("select kind from events where jurisdiction_id = :owner order by id")
    return list(conn.execute(asked, {"owner": ELSEWHERE}).scalars())


def test_a_server_becomes_a_jurisdiction(here: Core) -> None:
    with serving(Little()) as url:
        begin(here, url, name="Elsewhere", languages=["en", "de"])
        assert run(here) == {"new": 12}
        api = reader(here)
    assert problem(here) is None
    services = api.get("/services", jurisdiction_id=ELSEWHERE)
    assert {service["service_code"] for service in services} == {"LIGHT", "WASTE"}
    found = api.get("/requests", jurisdiction_id=ELSEWHERE, extensions="true")
    assert len(found) == 12
    newest = found[0]
    assert newest["requested_datetime"] == "2026-03-20T23:00:00Z".replace("Z", "+00:00")
    assert (newest["service_name"], newest["status"], newest["lat"]) == ("Street light", "closed", 49.48)
    assert newest["extended_attributes"]["reference"] == "100"
    assert [
        e["service_request_id"] for e in api.get("/requests", jurisdiction_id=ELSEWHERE, q="100", page=1)
    ] == [newest["service_request_id"]]


def test_a_notice_of_a_request_is_shown_as_its_own(here: Core) -> None:
    """B27: also when it comes with a change."""
    little = Little()
    little.requests[1] |= {"service_notice": "Sent to the works department"}
    with serving(little) as url:
        begin(here, url)
        run(here)
        little.requests[2] |= {"service_notice": "Sent on Monday", "updated_datetime": "2026-04-01T10:00:00Z"}
        run(here)
    found = reader(here).get("/requests", jurisdiction_id=ELSEWHERE, service_request_id="101,102,103")
    notices = {request.get("service_notice") for request in found}
    assert notices == {"Sent to the works department", "Sent on Monday", None}


def test_our_own_jurisdiction_stays_the_default(here: Core) -> None:
    with serving(Little()) as url:
        begin(here, url)
    assert "MUELL_WILD" in {service["service_code"] for service in reader(here).get("/services")}


def test_reports_for_it_are_refused_with_the_right_address(here: Core) -> None:
    with serving(Little()) as url:
        begin(here, url)
        answer = an_api(here).post(status=400, jurisdiction_id=ELSEWHERE, service_code="WASTE")
        assert url in answer[0]["description"]


def test_running_again_changes_nothing(here: Core, conn: Connection) -> None:
    with serving(Little()) as url:
        begin(here, url)
        run(here)
        before = kinds(conn)
        again = run(here)
    assert (set(again) <= {"same"}, kinds(conn)) == (True, before)


def test_what_has_changed_at_the_source_changes_here_with_an_event(here: Core, conn: Connection) -> None:
    little = Little()
    with serving(little) as url:
        begin(here, url)
        run(here)
        before = kinds(conn)
        now = {"updated_datetime": "2026-04-01T10:00:00Z"}
        little.requests[1] |= {"status": "closed", "status_notes": "Done"} | now
        little.requests[2] |= {"description": "More words"} | now
        little.requests[3] |= now
        assert run(here)["changed"] == 2
    assert sorted(kinds(conn)[len(before) :]) == ["edited", "status_changed"]
    assert set(kinds(conn)) <= set(IN_FEED)
    [found] = reader(here).get("/requests", jurisdiction_id=ELSEWHERE, service_request_id="101")
    assert (found["status"], found["status_notes"]) == ("closed", "Done")
    assert found["updated_datetime"] == "2026-04-01T10:00:00+00:00"


def in_a_wrapper(root: str, value: Any) -> Any:
    """FixMyStreet's way."""
    return {"meta": 1, root: value}


def one_alone(root: str, value: Any) -> Any:
    """A single object where a list of one should be."""
    return value[0] if isinstance(value, list) and len(value) == 1 else value


def of_wrong_types(root: str, value: Any) -> Any:
    """Numbers for texts and texts for numbers."""
    if root != "service_requests":
        return value
    return [
        request | {"service_request_id": int(request["service_request_id"]), "lat": "49,48"}
        for request in value
    ]


def without_zone(root: str, value: Any) -> Any:
    """Local time that says nothing of it."""
    return json.loads(json.dumps(value).replace(":00Z", ":00"))


QUIRKS: dict[str, Callable[[], Little]] = {
    "wrapped": lambda: Little(to_json=in_a_wrapper),
    "single object": lambda: Little(to_json=one_alone, requests=[a_request(1)]),
    "wrong types": lambda: Little(to_json=of_wrong_types),
    "no zone": lambda: Little(to_json=without_zone),
    "last page again": lambda: Little(last_page_again=True),
    "XML alone": lambda: Little(answer=only_xml),
    "no dates": lambda: Undated(),
    "no pages": lambda: Unpaged(),
}


def only_xml(path: str, query: dict[str, str]) -> tuple[int, str, bytes] | None:
    """There is no JSON."""
    return (404, "text/html", b"<p>no</p>") if path.endswith(".json") else None


class Undated(Little):
    """Dates are ignored."""

    def listed(self, query: dict[str, str]) -> tuple[int, str, Any]:
        """The whole list, in pages."""
        return super().listed({name: value for name, value in query.items() if "date" not in name})


class Unpaged(Little):
    """Pages are ignored, and no answer has more than fifty rows."""

    def listed(self, query: dict[str, str]) -> tuple[int, str, Any]:
        """The newest fifty."""
        status, root, rows = super().listed({name: value for name, value in query.items() if name != "page"})
        return status, root, rows[:50]


@pytest.mark.parametrize("quirk", QUIRKS)
def test_the_ways_of_real_servers_are_read(here: Core, conn: Connection, quirk: str) -> None:
    little = QUIRKS[quirk]()
    with serving(little) as url:
        begin(here, url)
        assert run(here)["new"] == len(little.requests)
        run(here)
    assert problem(here) is None
    owned = conn.execute(
        text("select count(*) from service_requests where jurisdiction_id = :o"), {"o": ELSEWHERE}
    )
    assert owned.scalar_one() == len(little.requests)


def test_windows_are_halved_where_pages_are_missing(here: Core) -> None:
    little = Unpaged(requests=[spread(number) for number in range(140)])
    with serving(little) as url:
        begin(here, url)
        run(here)
        assert len(reader(here).get("/requests", jurisdiction_id=ELSEWHERE, page=1)) == 140


def spread(number: int) -> dict[str, Any]:
    """A request of one of the hours before the end of March."""
    moment = f"2026-03-{28 - number // 20:02}T{23 - number % 20:02}:00:00Z"
    return a_request(0) | {
        "service_request_id": str(number),
        "requested_datetime": moment,
        "updated_datetime": moment,
    }


def test_no_window_is_longer_than_ninety_days(here: Core) -> None:
    little = Little()
    seen: list[dict[str, str]] = []

    def note(path: str, query: dict[str, str]) -> None:
        if "start_date" in query:
            seen.append(query)

    little.answer = note
    with serving(little) as url:
        begin(here, url)
        run(here)
    spans = [tuple(moment(query[name]) for name in ("start_date", "end_date")) for query in seen]
    assert spans
    assert all((end - start).days <= 90 for start, end in spans)


def moment(written: str) -> Any:
    """A moment of a query."""
    from datetime import datetime

    return datetime.fromisoformat(written.replace("Z", "+00:00"))


def test_an_interrupted_run_goes_on_where_it_was(here: Core) -> None:
    little = Little()
    with serving(little) as url:
        begin(here, url)
        assert run(here, most_pages=1) == {"new": 12}
        state = harvest.find(here, ELSEWHERE).state
        asked = len(little.asked)
        run(here)
    assert (state["phase"], state["idle"], state["page"]) == ("history", False, 2)
    assert len(little.asked) > asked
    assert harvest.find(here, ELSEWHERE).state["idle"]


def test_short_pages_are_stored_together(here: Core) -> None:
    told: list[str] = []
    with serving(Little()) as url:
        begin(here, url)
        assert run(here, progress=lambda counts, words: told.append(words)) == {"new": 12}
    assert told == ["history complete"]


def test_what_was_read_before_something_went_wrong_is_stored(here: Core) -> None:
    def fails_later(path: str, query: dict[str, str]) -> tuple[int, str, bytes] | None:
        return (500, "text/html", b"oops") if "requests" in path and query.get("page") == "2" else None

    with serving(Little(answer=fails_later)) as url:
        begin(here, url)
        assert run(here) == {"new": 12}
    assert "500" in str(problem(here))
    assert harvest.find(here, ELSEWHERE).state["page"] == 2


def test_a_busy_server_is_waited_for_as_long_as_it_says(here: Core) -> None:
    left = [2]

    def busy(path: str, query: dict[str, str]) -> tuple[int, str, bytes] | None:
        if "requests" in path and left[0]:
            left[0] -= 1
            return 503, JSON_TYPE, b'[{"code": 503, "description": "later"}]'
        return None

    waited: list[float] = []
    with serving(Little(answer=busy), {"Retry-After": "7"}) as url:
        begin(here, url, delay=1.5)
        assert run(here, wait=waited.append) == {"new": 12}
    assert waited.count(7) == 2
    assert set(waited) == {1.5, 7}


def test_a_server_that_fails_is_noted_and_the_next_run_goes_on(here: Core) -> None:
    little = Little()
    with serving(little) as url:
        begin(here, url)
        little.answer = lambda path, query: (500, "text/html", b"oops") if "requests" in path else None
        assert run(here) == {}
        assert "500" in str(problem(here))
        little.answer = lambda path, query: None
        assert run(here) == {"new": 12}
    assert problem(here) is None


def test_what_cannot_be_read_as_a_request_is_counted(here: Core) -> None:
    odd = [a_request(1) | {"requested_datetime": "neulich"}, {"service_request_id": None}, a_request(2)]
    with serving(Undated(requests=odd)) as url:
        begin(here, url)
        counts = run(here)
        assert (counts["new"], counts["refused"] > 0) == (1, True)


def troubles(core: Core) -> list[tuple[str, str]]:
    """What an operator is told of the source: ids and reasons."""
    rows = harvest.find(core, ELSEWHERE).troubles
    return [(row["foreign_id"], row["reason"]) for row in rows]


def test_what_is_odd_at_a_source_is_told_once(here: Core) -> None:
    odd = [a_request(1) | {"requested_datetime": "neulich"}, a_request(2) | {"status": "wartet"}]
    with serving(Undated(requests=odd)) as url:
        begin(here, url)
        run(here)
        run(here)
    assert troubles(here) == [
        ("", "status 'wartet' is taken for open"),
        ("101", "requested_datetime is missing, or not a date and time"),
    ]


def test_a_row_that_cannot_be_stored_holds_up_no_other(here: Core, monkeypatch: pytest.MonkeyPatch) -> None:
    """B4: whatever it is; the database refuses more than anybody thinks of."""
    original = upsert.upsert

    def refuse(core: Core, conn: Connection, catalogue: Any, source: str, arrivals: Any, **more: Any) -> Any:
        if any(arrival.foreign_id == "105" for arrival in arrivals):
            conn.execute(text("select 1 / 0"))
        return original(core, conn, catalogue, source, arrivals, **more)

    monkeypatch.setattr(upsert, "upsert", refuse)
    with serving(Little()) as url:
        begin(here, url)
        assert run(here) == {"new": 11, "refused": 1}
    assert (problem(here), troubles(here)) == (None, [("105", "cannot be stored: DataError")])


def test_a_source_that_ends_the_reader_holds_up_no_other(here: Core, monkeypatch: pytest.MonkeyPatch) -> None:
    """B4: the fault is noted where it belongs, and the next source runs."""
    with serving(Little()) as broken, serving(Little()) as url:
        begin(here, url)
        harvest.add(here, broken, "broken.example", {"delay": 0}, actor=CLARA)
        read = source_reader.parts

        def parts(client: Any, *more: Any) -> Any:
            return read(client, *more) if client.url == url else iter([None])

        monkeypatch.setattr(source_reader, "parts", parts)
        harvest.run_due(here)
    assert "AttributeError" in str(harvest.find(here, "broken.example").problem)
    assert problem(here) is None
    assert len(reader(here).get("/requests", jurisdiction_id=ELSEWHERE, page=1)) == 12


@pytest.mark.parametrize("services", [[], None], ids=["a list without services", "an error"])
def test_services_that_are_gone_are_a_fault_of_the_source(here: Core, services: Any) -> None:
    """B3: those known stay."""
    little = Little()
    with serving(little) as url:
        begin(here, url)
        run(here)
        little.services = services
        little.to_json = lambda root, value: {"error": "down"} if value is None else value
        run(here)
    catalogue_publication.publish(here, HARVESTED)
    assert len(reader(here).get("/services", jurisdiction_id=ELSEWHERE)) == 2
    assert any("no services" in reason or "no list" in reason for _, reason in troubles(here))


def test_an_error_under_200_ends_no_history(here: Core) -> None:
    """B3: nothing moves forward."""
    little = Little()
    with serving(little) as url:
        begin(here, url)
        little.answer = lambda path, query: (
            (200, JSON_TYPE, b'{"error": "down"}') if "requests" in path else None
        )
        assert run(here) == {}
        assert "no list" in str(problem(here))
        assert "phase" not in harvest.find(here, ELSEWHERE).state
        little.answer = lambda path, query: None
        assert run(here) == {"new": 12}


def test_only_whoever_runs_the_server_decides_what_is_harvested(here: Core) -> None:
    stranger = staff_actor(17, ALL_RIGHTS - {Right.OPERATE}, None)
    with serving(Little()) as url:
        begin(here, url)
        with pytest.raises(Forbidden):
            harvest.add(here, url, "another.example", {}, actor=stranger)
    with pytest.raises(Forbidden):
        harvest.remove(here, ELSEWHERE, actor=stranger)
    assert [source.jurisdiction_id for source in harvest.sources(here)] == [ELSEWHERE]


def test_a_jurisdiction_that_there_is_cannot_be_taken(here: Core) -> None:
    with pytest.raises(Invalid):
        harvest.add(here, "http://127.0.0.1:1", "ludwigshafen.de", {}, actor=CLARA)


@pytest.mark.parametrize(
    ("called", "options"),
    [
        ("../city", {}),
        ("", {}),
        ("test.example", {}),
        ("x.example", {"languages": ["klingon"]}),
        ("x.example", {"name": "K\udcf6ln"}),
    ],
    ids=str,
)
def test_a_jurisdiction_is_called_as_in_a_catalogue(here: Core, called: str, options: dict[str, Any]) -> None:
    with serving(Little()) as url, pytest.raises(Invalid, match=r"error\.harvest\.jurisdiction"):
        harvest.add(here, url, called, options, actor=CLARA)
    assert harvest.sources(here) == []


def test_a_server_that_does_not_answer_is_not_added(here: Core) -> None:
    with pytest.raises(Invalid):
        harvest.add(here, "http://127.0.0.1:1/v2", ELSEWHERE, {"delay": 0}, actor=CLARA)
    assert harvest.sources(here) == []


def test_removing_takes_it_from_the_public(here: Core) -> None:
    with serving(Little()) as url:
        begin(here, url)
        run(here)
    harvest.remove(here, ELSEWHERE, actor=CLARA)
    catalogue_publication.publish(here, HARVESTED)
    reader(here).get("/requests", 404, jurisdiction_id=ELSEWHERE)
    with pytest.raises(NotFound):
        harvest.find(here, ELSEWHERE)


def test_what_staff_here_erase_does_not_come_back(here: Core, conn: Connection) -> None:
    little = Little()
    with serving(little) as url:
        begin(here, url)
        run(here)
        [found] = reader(here).get("/requests", jurisdiction_id=ELSEWHERE, service_request_id="101")
        casework.erase(here, int(found["service_request_id"]), CLARA)
        little.requests[1] |= {"description": "New words", "updated_datetime": "2026-04-01T10:00:00Z"}
        run(here)
    assert reader(here).get("/requests", jurisdiction_id=ELSEWHERE, service_request_id="101") == []


def test_codes_of_all_kinds_become_codes_of_ours(here: Core) -> None:
    requests = [a_request(1) | {"service_code": "Straße: 1/2, ü"}, a_request(2) | {"service_code": 17}]
    with serving(Little(requests=requests)) as url:
        begin(here, url)
        run(here)
    catalogue_publication.publish(here, HARVESTED)
    found = reader(here).get("/requests", jurisdiction_id=ELSEWHERE)
    assert {service["service_code"] for service in found} >= {"17"}
    assert all(service["service_code"].replace("_", "").isalnum() for service in found)
    assert {service["service_name"] for service in found} == {"Waste"}


def test_a_service_without_a_name_is_called_by_the_word_of_its_source(here: Core) -> None:
    request = a_request(1) | {"service_code": "Straße: 1/2, ü", "service_name": ""}
    with serving(Little(requests=[request])) as url:
        begin(here, url)
        run(here)
    catalogue_publication.publish(here, HARVESTED)
    [found] = reader(here).get("/requests", jurisdiction_id=ELSEWHERE)
    assert found["service_name"] == "Straße: 1/2, ü"


@dataclass(frozen=True)
class There:
    """A second server of this program, with a jurisdiction of its own."""

    core: Core
    api: Api
    url: str
    ours: Core


@pytest.fixture
def there(fresh_database_url: str) -> Iterator[There]:
    """Another city's server of this program, on a port, and ours in the same database, where transactions commit."""
    catalogue = a_catalogue(
        a_service(service_code="MUELL", moderated=False),
        jurisdiction=a_jurisdiction(jurisdiction_id="there.example", aliases=()),
    )
    core = a_live_core(fresh_database_url, catalogue)
    with on_a_port(create_app(core)) as url:
        ours = replace(core, catalogues=Catalogues((first_city(),)))
        yield There(core, an_api(core), f"{url}/open311/v2", ours)
    core.database.close()


@contextmanager
def on_a_port(app: Any) -> Iterator[str]:
    """An application that answers over a socket, one question at a time."""
    server = make_server("127.0.0.1", 0, app)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_a_server_of_this_program_is_followed_by_its_change_feed(there: There) -> None:
    here = there.ours
    first, second, third = (there.api.report(service_code="MUELL", description=letter) for letter in "abc")
    begin(here, there.url)
    assert run(here) == {"new": 3}
    assert harvest.find(here, ELSEWHERE).state["way"] == "feed"
    there_now = there.core
    casework.set_status(there_now, int(first), "fixed", CLARA, "Done.")
    casework.hide(there_now, int(second), CLARA)
    casework.erase(there_now, int(third), CLARA)
    counts = run(here)
    api = reader(here)
    [found] = api.get("/requests", jurisdiction_id=ELSEWHERE)
    assert (counts["changed"], counts["gone"]) == (1, 2)
    assert (found["status"], found["status_notes"]) == ("closed", "Done.")
    casework.publish(there_now, int(second), CLARA)
    run(here)
    assert len(api.get("/requests", jurisdiction_id=ELSEWHERE)) == 2


@pytest.mark.parametrize("status", [400, 410])
def test_a_lost_cursor_means_a_new_copy_and_what_it_lacks_is_gone(
    there: There, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also when that copy is interrupted: replicas of ours hear of what disappeared while nobody told us."""
    here = there.ours
    monkeypatch.setattr(source_reader, "FEED_LIMIT", 2)
    kept, hidden, erased, again = (
        there.api.report(service_code="MUELL", description=letter) for letter in "abcd"
    )
    begin(here, there.url)
    run(here)
    cursor = reader(here).raw(CHANGES, jurisdiction_id=ELSEWHERE, since=None).get_json()["next"]
    casework.hide(there.core, int(hidden), CLARA)
    casework.erase(there.core, int(erased), CLARA)
    later = there.api.report(service_code="MUELL", description="e")
    lose_cursor(here, status, monkeypatch)
    assert run(here, most_pages=1) == {"same": 2}
    assert len(shown(here)) == 4
    counts = run(here)
    assert (counts["gone"], counts["new"], problem(here)) == (2, 1, None)
    assert shown(here) == {kept, again, later}
    assert len(gone_since(here, cursor)) == 2
    casework.publish(there.core, int(hidden), CLARA)
    run(here)
    assert shown(here) == {kept, again, later, hidden}


CHANGES = "/changes.json"


def lose_cursor(here: Core, status: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the other server forget the cursor that it gave us."""
    cursor = harvest.find(here, ELSEWHERE).state["cursor"]
    as_it_is = federation_client.Client._fetch

    def fetch(client: Any, url: str, asked: str) -> Any:
        answer = as_it_is(client, url, asked)
        return replace(answer, status=status) if f"since={cursor}" in asked else answer

    monkeypatch.setattr(federation_client.Client, "_fetch", fetch)


def shown(core: Core) -> set[str]:
    """The ids at their source of all that the public sees of it here."""
    found = reader(core).get("/requests", jurisdiction_id=ELSEWHERE, extensions="true")
    return {request["extended_attributes"]["reference"] for request in found}


def gone_since(core: Core, cursor: str) -> list[str]:
    """What our own feed tells to have disappeared."""
    told = reader(core).raw(CHANGES, jurisdiction_id=ELSEWHERE, since=cursor).get_json()["changes"]
    return [change["service_request_id"] for change in told if change["request"] is None]


class Plain(Little):
    """A server that knows no filter on updates, and what it was asked for by id."""

    def listed(self, query: dict[str, str]) -> tuple[int, str, Any]:
        """The list; a filter it does not know it ignores."""
        self.by_id = [*getattr(self, "by_id", []), query.get("service_request_id", "")]
        return super().listed(query)


def test_open_requests_of_longer_ago_are_asked_for_by_id(here: Core, clock: Clock) -> None:
    """Where nothing tells what has changed, and windows reach back ninety days only; closed ones rest."""
    little = Plain()
    with serving(little) as url:
        begin(here, url)
        run(here)
        clock.forward(days=100)
        little.requests[1] |= {"status": "closed", "status_notes": "Done"}
        little.requests[3] |= {"description": "closed before, and nobody asks"}
        little.by_id = []
        assert run(here)["changed"] == 1
    asked = {number for ids in little.by_id for number in ids.split(",") if number}
    assert asked == {
        request["service_request_id"] for request in map(a_request, range(12)) if request["status"] == "open"
    }
    [found] = reader(here).get("/requests", jurisdiction_id=ELSEWHERE, service_request_id="101")
    assert (found["status"], found["status_notes"]) == ("closed", "Done")


def test_the_poll_by_id_goes_round(here: Core, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each run asks for some, the next one goes on behind them, and then begins again."""
    monkeypatch.setattr(source_reader, "POLLED", 5)
    monkeypatch.setattr(source_reader, "IDS_A_QUESTION", 3)
    little = Plain()
    with serving(little) as url:
        begin(here, url)
        run(here)
        clock.forward(days=100)
        rounds = []
        for _ in range(3):
            little.by_id = []
            run(here)
            rounds.append([ids for ids in little.by_id if ids])
    first, second, third = (",".join(ids).split(",") for ids in rounds)
    assert [ids.count(",") + 1 for ids in rounds[0]] == [3, 2]
    assert (len(set(first) | set(second)), set(first) & set(second), third) == (8, set(), first)


def test_the_commands_are_there() -> None:
    names = commands.list_commands(None)
    assert {"check", "harvest", "import"} <= set(names)
