"""GET changes: every creation, change and disappearance, in an order that skips nothing (docs/changes.md)."""

import base64
import gzip
import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from open311.actions import casework
from open311.actions.reporting import updates
from open311.core import Core
from open311.model.access.keys import Scope
from open311.storage import events
from open311.storage.upkeep import identity
from tests.actors import CLARA
from tests.builders import a_catalogue, a_jurisdiction, a_service
from tests.opendata.live import a_live_core
from tests.serving import Api, an_api, first_city

FEED = "/changes.json"
MODERATED = "MARKIERUNG"


@pytest.fixture
def api(live_core: Core) -> Api:
    """A client of the first city's server."""
    return an_api(live_core, Scope.REPORT)


def page(api: Api, since: str | None = None, **query: str) -> dict[str, Any]:
    """One page of the feed."""
    response = api.raw(FEED, **query, **({"since": since} if since else {}))
    assert response.status_code == 200, response.text
    found: dict[str, Any] = response.get_json()
    return found


def end_of_copy(api: Api) -> str:
    """A cursor at the end of a full copy, where the feed begins."""
    found = page(api)
    assert found["more"]
    cursor: str = found["next"]
    return cursor


def told(api: Api, since: str) -> list[tuple[str, str, str | None, bool]]:
    """The entries behind a cursor: kind, id, reason, and whether they carry the request."""
    return [
        (change["kind"], change["service_request_id"], change["reason"], change["request"] is not None)
        for change in page(api, since)["changes"]
    ]


def test_a_first_copy_is_every_public_request(api: Api, live_core: Core) -> None:
    """As the list shows them with extensions; held and hidden ones are not there."""
    one, hidden, other = api.report(), api.report(), api.report()
    api.report(service_code=MODERATED)
    casework.hide(live_core, int(hidden), CLARA)
    found = page(api)
    assert [change["service_request_id"] for change in found["changes"]] == [one, other]
    assert {change["kind"] for change in found["changes"]} == {"copied"}
    listed = api.get("/requests", extensions="true", sort="service_request_id")
    assert [change["request"] for change in found["changes"]] == listed


def test_a_first_copy_of_nothing_leads_to_the_feed(api: Api) -> None:
    """An empty server still gives a cursor to go on with, which stays the same while nothing happens."""
    since = end_of_copy(api)
    nothing = page(api, since)
    assert (nothing["changes"], nothing["next"], nothing["more"]) == ([], since, False)


def test_what_happens_during_the_copy_follows_in_the_feed(api: Api, live_core: Core) -> None:
    """New, changed and gone reports on both sides of the place where the copy stands."""
    numbers = [api.report() for _ in range(4)]
    first = page(api, limit="2")
    assert [change["service_request_id"] for change in first["changes"]] == numbers[:2]
    casework.note(live_core, int(numbers[0]), "Neu", CLARA)
    casework.hide(live_core, int(numbers[1]), CLARA)
    casework.erase(live_core, int(numbers[3]), CLARA)
    new = api.report()
    rest = page(api, first["next"], limit="2")
    assert [change["service_request_id"] for change in rest["changes"]] == [numbers[2], new]
    end = page(api, rest["next"], limit="2")
    assert (end["changes"], end["more"]) == ([], True)
    assert told(api, end["next"]) == [
        ("noted", numbers[0], None, True),
        ("hidden", numbers[1], "hidden", False),
        ("erased", numbers[3], "erased", False),
        ("submitted", new, None, True),
    ]


def test_each_public_change_is_an_entry(api: Api, live_core: Core) -> None:
    """In the order they happened; every entry carries the request as it is now."""
    since = end_of_copy(api)
    number = api.report()
    casework.assign(live_core, int(number), "TIEFBAU", CLARA)
    casework.set_status(live_core, int(number), "GELOEST", CLARA, "Weggeräumt.")
    casework.hide(live_core, int(number), CLARA)
    casework.publish(live_core, int(number), CLARA)
    entries = page(api, since)["changes"]
    kinds = ["submitted", "assigned", "status_changed", "hidden", "published"]
    assert [entry["kind"] for entry in entries] == kinds
    [now] = api.get(f"/requests/{number}", extensions="true")
    assert [entry["request"] for entry in entries] == [now] * 5
    assert list(entries[0]) == ["kind", "datetime", "service_request_id", "reason", "request"]
    assert entries[0]["datetime"] == "2026-03-02T09:30:00+01:00"


def test_internal_events_are_not_told(api: Api, live_core: Core) -> None:
    """What never was public shows nothing: held reports, moved, hidden or erased; claims of updates."""
    since = end_of_copy(api)
    api.report(service_code=MODERATED)
    hidden, erased = (live_number(api) for _ in range(2))
    casework.set_status(live_core, hidden, "EINGEPLANT", CLARA)
    casework.hide(live_core, hidden, CLARA)
    casework.erase(live_core, hidden, CLARA)
    casework.erase(live_core, erased, CLARA)
    assert told(api, since) == []


def live_number(api: Api) -> int:
    """The id of a report that awaits moderation."""
    return int(api.report(service_code=MODERATED))


def test_a_held_report_appears_when_it_is_published(api: Api, live_core: Core) -> None:
    """Its first entry is its publication."""
    since = end_of_copy(api)
    number = live_number(api)
    casework.publish(live_core, number, CLARA)
    assert told(api, since) == [("published", str(number), None, True)]


def test_a_hidden_report_that_is_erased_is_told_again(api: Api, live_core: Core) -> None:
    """A copy that only marks hidden reports must learn that this one has to go altogether."""
    number = api.report()
    since = end_of_copy(api)
    casework.hide(live_core, int(number), CLARA)
    after_hiding = page(api, since)
    assert [change["reason"] for change in after_hiding["changes"]] == ["hidden"]
    casework.erase(live_core, int(number), CLARA, "Auskunft und Löschung verlangt")
    assert told(api, after_hiding["next"]) == [("erased", number, "erased", False)]
    assert "Auskunft" not in api.raw(FEED, since=since).text


def test_an_erased_report_leaves_no_text_behind(api: Api, live_core: Core) -> None:
    """Also a reader that is far behind gets nothing but the id; the stream itself keeps no text."""
    since = end_of_copy(api)
    number = api.report(description="Geheimnis", email="ulrike@example.org")
    casework.set_status(live_core, int(number), "GELOEST", CLARA, "Geheimnis gelüftet")
    casework.erase(live_core, int(number), CLARA)
    entries = told(api, since)
    assert entries == [(kind, number, "erased", False) for kind in ("submitted", "status_changed", "erased")]
    api.get(f"/requests/{number}", status=404)
    with live_core.database.read() as conn:
        kept = [event.data for event in events.of_request(conn, int(number))]
    assert kept == [{}, {}, {}]


def test_a_merged_report_stays_in_the_lists_until_it_is_hidden(api: Api, live_core: Core) -> None:
    """The feed says the same as the public list, so that a copy of it ends equal."""
    number, into = api.report(), api.report()
    casework.merge(live_core, int(number), int(into), CLARA)
    assert {request["service_request_id"] for request in api.get("/requests")} == {number, into}
    assert {change["service_request_id"] for change in page(api)["changes"]} == {number, into}
    since = end_of_copy(api)
    casework.hide(live_core, int(number), CLARA)
    assert told(api, since) == [("hidden", number, "hidden", False)]
    assert [request["service_request_id"] for request in api.get("/requests")] == [into]


def test_a_merged_report_points_to_the_other(api: Api, live_core: Core) -> None:
    """Closed as a duplicate; it stays readable, so the entry has both the reason and the request."""
    number, into = api.report(), api.report()
    since = end_of_copy(api)
    casework.merge(live_core, int(number), int(into), CLARA)
    assert told(api, since) == [("merged", number, "merged", True)]
    [found] = api.get(f"/requests/{number}", extensions="true")
    extended = found["extended_attributes"]
    assert (found["status"], extended["duplicate"], extended["parent_service_request_id"]) == (
        "closed",
        True,
        into,
    )
    assert api.get("/servicerequestupdates")[-1]["status"] == "duplicate"
    [other] = api.get(f"/requests/{into}", extensions="true")
    assert other["extended_attributes"]["duplicate"] is False


def named(api: Api, number: str) -> str | None:
    """The report that this one repeats, as the public is told; kept answers are asked twice."""
    [listed] = api.get("/requests", extensions="true", service_request_id=number)
    [alone] = api.get(f"/requests/{number}", extensions="true")
    assert listed == alone
    original: str | None = alone["extended_attributes"]["parent_service_request_id"]
    return original


def test_a_duplicate_names_no_original_that_is_hidden(api: Api, live_core: Core) -> None:
    """Nor one that is erased; copies are told, and told again when it is shown once more."""
    number, into = api.report(), api.report()
    casework.merge(live_core, int(number), int(into), CLARA)
    assert named(api, number) == into
    since = end_of_copy(api)
    casework.hide(live_core, int(into), CLARA)
    assert named(api, number) is None
    casework.publish(live_core, int(into), CLARA)
    assert named(api, number) == into
    casework.withhold(live_core, int(into), CLARA)
    assert named(api, number) == into, "it still answers under its number"
    casework.erase(live_core, int(into), CLARA)
    assert named(api, number) is None
    changes = page(api, since)["changes"]
    kinds = [change["kind"] for change in changes if change["service_request_id"] == number]
    assert kinds == ["original_changed"] * 4
    assert {
        change["request"]["extended_attributes"]["duplicate"] for change in changes if change["request"]
    } == {True}


def test_public_updates_and_their_hiding_are_told(api: Api, live_core: Core) -> None:
    """A claim is not; once staff publish it, and when they take it back, the request has changed."""
    number = api.report()
    since = end_of_copy(api)
    sent = {
        "api_key": api.key,
        "service_request_id": number,
        "update_id": "1",
        "status": "FIXED",
        "updated_datetime": "2026-03-02T08:00:00Z",
        "description": "Ist weg",
    }
    [update] = api.client.post("/open311/v2/servicerequestupdates.json", data=sent).get_json()
    assert told(api, since) == []
    updates.publish(live_core, int(update["update_id"]), CLARA)
    updates.hide(live_core, int(update["update_id"]), CLARA)
    assert [kind for kind, *_ in told(api, since)] == ["updated", "update_hidden"]
    assert "Ist weg" not in api.raw(FEED, since=since).text


def test_no_event_is_skipped_when_transactions_commit_out_of_order(api: Api, live_core: Core) -> None:
    """The one that began first commits last: a reader waits for it, then gets both, once, in order."""
    one, other = api.report(), api.report()
    since = end_of_copy(api)

    def note(conn: Any, number: str) -> None:
        events.append(
            conn, int(number), "ludwigshafen.de", "noted", at=live_core.now(), actor=CLARA, public=True
        )

    engine = live_core.database.engine
    with engine.connect() as slow, engine.connect() as quick:
        began = slow.begin()
        note(slow, one)
        with quick.begin():
            note(quick, other)
        waiting = page(api, since)
        assert (waiting["changes"], waiting["next"]) == ([], since)
        began.commit()
    assert [number for _, number, *_ in told(api, since)] == [one, other]
    both = page(api, since)
    assert page(api, both["next"])["changes"] == []


def test_a_transaction_that_is_rolled_back_holds_nobody_up(api: Api, live_core: Core) -> None:
    """Neither its events nor a gap remain."""
    since = end_of_copy(api)
    with live_core.database.engine.connect() as conn:
        began = conn.begin()
        events.append(conn, 100001, "ludwigshafen.de", "noted", at=live_core.now(), actor=CLARA, public=True)
        number = api.report()
        assert told(api, since) == []
        began.rollback()
    assert told(api, since) == [("submitted", number, None, True)]


def test_a_full_copy_that_begins_beside_an_open_transaction_misses_nothing(api: Api, live_core: Core) -> None:
    """The place where the feed is taken up lies before every transaction that was still open."""
    number = api.report()
    with live_core.database.engine.connect() as conn:
        began = conn.begin()
        noted_inside(conn, live_core, number)
        new = api.report()
        since = end_of_copy(api)
        began.commit()
    assert told(api, since) == [("noted", number, None, True), ("submitted", new, None, True)]


def test_an_answer_that_holds_something_back_is_not_kept_in_memory(api: Api, live_core: Core) -> None:
    """What it waits for may end without a public change, and then nobody is told."""
    live_core.database.freshness.listening = True
    since = end_of_copy(api)
    with live_core.database.engine.connect() as conn:
        began = conn.begin()
        conn.exec_driver_sql("select pg_current_xact_id()")
        number = api.report()
        assert told(api, since) == []
        began.rollback()
    assert told(api, since) == [("submitted", number, None, True)]


def noted_inside(conn: Any, core: Core, number: str) -> None:
    """A public change that is not committed yet."""
    events.append(conn, int(number), "ludwigshafen.de", "noted", at=core.now(), actor=CLARA, public=True)


def test_pages_join_without_gap_or_repetition(api: Api, live_core: Core) -> None:
    """Any page size gives the same entries in the same order; `more` and `Link` lead on."""
    since = end_of_copy(api)
    number = api.report()
    for count in range(6):
        casework.note(live_core, int(number), str(count), CLARA)
    whole = told(api, since)
    assert len(whole) == 7
    for limit in ("1", "2", "3", "7"):
        cursor, read = since, []
        while True:
            response = api.raw(FEED, since=cursor, limit=limit)
            found = response.get_json()
            read += [change["kind"] for change in found["changes"]]
            assert f"since={found['next']}" in response.headers["Link"]
            cursor = found["next"]
            if not found["more"]:
                break
        assert read == [kind for kind, *_ in whole]


def test_ndjson_says_the_same_line_by_line(api: Api) -> None:
    """One entry a line; the last line says how to go on."""
    api.report()
    response = api.raw("/changes.ndjson")
    assert response.content_type == "application/x-ndjson; charset=utf-8"
    *entries, end = [json.loads(line) for line in response.data.splitlines()]
    whole = page(api)
    assert entries == whole["changes"]
    packed = api.client.get(f"{api.base}/changes.ndjson", headers={"Accept-Encoding": "gzip"})
    assert gzip.decompress(packed.data) == response.data
    assert end["more"] == whole["more"]


def wrong_cursors(good: str) -> Iterator[str]:
    """Nonsense, and good cursors with one thing changed."""
    raw = base64.urlsafe_b64decode(good + "=" * (-len(good) % 4))
    yield from ("x", "0", "%00", good[:-4], good + "AAAA", "ä" * 34, "=" * 34)
    for changed in (
        bytes([raw[0] ^ 1]) + raw[1:],
        raw[:8] + b"\x09" + raw[9:],
        raw[:9] + b"\x00\x00\x00\x02" + raw[13:],
        raw[:13] + b"\xff" * 8 + raw[21:],
        raw[:21] + b"\xff" * 8,
    ):
        yield base64.urlsafe_b64encode(changed).decode().rstrip("=")


def test_a_cursor_we_did_not_write_is_400(api: Api) -> None:
    """In words, as a JSON list, in both forms; never a guess, never an empty page."""
    for cursor in wrong_cursors(end_of_copy(api)):
        for suffix in ("json", "ndjson"):
            response = api.raw(f"/changes.{suffix}", since=cursor)
            assert (response.status_code, response.get_json()[0]["code"]) == (400, 400), cursor


def test_a_cursor_of_another_database_or_jurisdiction_is_400(fresh_database_url: str, api: Api) -> None:
    """Also when both databases began as copies of one, and when a jurisdiction is only the test twin of ours."""
    other_city = a_catalogue(
        a_service(), jurisdiction=a_jurisdiction(jurisdiction_id="speyer.de", aliases=())
    )
    core = replace(a_live_core(fresh_database_url, first_city(), other_city, OPEN311_TEST_ENDPOINT="on"))
    both = an_api(core)
    ours = page(both, jurisdiction_id="ludwigshafen.de")["next"]
    page(both, ours, jurisdiction_id="www.ludwigshafen.de")
    assert both.raw(FEED, since=ours, jurisdiction_id="speyer.de").status_code == 400
    twin = Api(both.client, base="/open311/test/v2")
    assert twin.raw(FEED, since=ours, jurisdiction_id="ludwigshafen.de").status_code == 400
    with core.database.begin() as conn:
        identity.rename(conn)
    assert both.raw(FEED, since=ours, jurisdiction_id="ludwigshafen.de").status_code == 400
    core.database.close()


@pytest.mark.parametrize("limit", ["0", "-1", "viele", "1.5"])
def test_a_limit_that_is_no_number_is_400(api: Api, limit: str) -> None:
    """A larger one counts as 1000."""
    assert api.raw(FEED, limit=limit).status_code == 400
    assert api.raw(FEED, limit="5000").status_code == 200


def test_speaks_the_readers_language_and_to_browsers(api: Api) -> None:
    """Names, errors and headers as everywhere else; an unchanged page is 304."""
    api.report()
    german, english = (page(api, locale=language)["changes"][0]["request"] for language in ("de", "en"))
    assert (german["service_name"], english["service_name"]) == ("Wilde Müllablagerung", "Illegal dumping")
    since = end_of_copy(api)
    response = api.raw(FEED, since=since)
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert response.headers["Cache-Control"] == "public, no-cache"
    again = api.client.get(
        f"{api.base}{FEED}",
        query_string={"since": since},
        headers={"If-None-Match": response.headers["ETag"]},
    )
    assert again.status_code == 304
    assert api.raw(FEED, jurisdiction_id="nirgends.example").status_code == 404
