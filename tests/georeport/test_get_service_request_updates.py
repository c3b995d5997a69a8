"""GET servicerequestupdates: what became of requests, as FixMyStreet reads it (georeport.md 5.8)."""

from datetime import timedelta

import pytest

from open311.actions import casework
from open311.base.datetimes import write_utc
from open311.core import Core
from open311.formats import documents, encode
from open311.georeport import updates
from open311.model.service_request import Status
from open311.model.updates import Update
from tests.actors import CLARA
from tests.builders import a_catalogue, a_service
from tests.serving import START, Api, Clock, MakeCore, an_api, first_city

PATH = "/servicerequestupdates"
MODERATED = "MARKIERUNG"


@pytest.fixture
def api(make_core: MakeCore) -> Api:
    """A client of a server whose only service is not moderated."""
    return an_api(make_core(a_catalogue(a_service(moderated=False))))


@pytest.fixture
def core(api: Api) -> Core:
    """The Core behind the client."""
    return api.client.core


def move(core: Core, number: str, to: str, notes: str | None = None) -> None:
    """Staff move a request."""
    casework.set_status(core, int(number), to, CLARA, notes)


def test_has_the_fields_of_the_extension(api: Api, core: Core, clock: Clock) -> None:
    """R-195: root, names, order and values."""
    number = api.report()
    clock.forward(hours=1)
    move(core, number, "in_process", "Prüfung beauftragt")
    [update] = api.get(PATH)
    assert list(update) == [
        "update_id",
        "service_request_id",
        "status",
        "updated_datetime",
        "description",
        "media_url",
    ]
    assert update.pop("update_id").isdecimal()
    assert update == {
        "service_request_id": number,
        "status": "in_progress",
        "updated_datetime": "2026-03-02T10:30:00+01:00",
        "description": "Prüfung beauftragt",
        "media_url": "",
    }
    assert b"<service_request_updates><request_update><update_id>" in api.raw(f"{PATH}.xml").data


def test_without_updates_is_empty(api: Api) -> None:
    """R-195: an empty root without a child node, and an empty array."""
    api.report()
    assert api.get(PATH) == []
    assert api.raw(f"{PATH}.xml").data.endswith(b"<service_request_updates/>")


def test_every_public_event_that_moves_or_tells_is_one_update(make_core: MakeCore, clock: Clock) -> None:
    """R-195: published, moved, told; being assigned is none, nor is what happened before publication."""
    core = make_core()
    api = an_api(core)
    number = api.report(service_code=MODERATED)
    move(core, number, "EINGEPLANT", "noch geheim")
    assert api.get(PATH) == []
    casework.publish(core, int(number), CLARA)
    casework.assign(core, int(number), "TIEFBAU", CLARA)
    casework.note(core, int(number), "Wir warten auf Ersatzteile.", CLARA)
    move(core, number, "GELOEST", "Repariert.")
    told = [(update["status"], update["description"]) for update in api.get(PATH)]
    assert told == [
        ("action_scheduled", ""),
        ("action_scheduled", "Wir warten auf Ersatzteile."),
        ("fixed", "Repariert."),
    ]


def test_of_a_hidden_request_are_not_told(api: Api, core: Core) -> None:
    """R-195: only what concerns public requests; after it is published again they are back under the same ids."""
    number = api.report()
    move(core, number, "fixed")
    [before] = api.get(PATH)
    casework.hide(core, int(number), CLARA)
    assert api.get(PATH) == []
    casework.publish(core, int(number), CLARA)
    assert api.get(PATH)[0] == before
    assert len({update["update_id"] for update in api.get(PATH)}) == 2


def test_a_rejected_report_is_no_success(make_core: MakeCore) -> None:
    """R-197: closed in the list, `no_further_action` in the updates, REJECTED in detail, and found by that."""
    core = make_core()
    api = an_api(core)
    number = api.report(service_code=MODERATED)
    casework.publish(core, int(number), CLARA)
    move(core, number, "ABGESCHLOSSEN", "Kein Mangel.")
    assert api.get(PATH)[-1]["status"] == "no_further_action"
    [found] = api.get("/requests", detailed_status="rejected, PROCESSED", extensions="true")
    assert (found["service_request_id"], found["status"]) == (number, "closed")
    assert found["extended_attributes"]["detailed_status"] == "REJECTED"


def test_a_reopened_report_is_open_again(api: Api, core: Core) -> None:
    """georeport.md 5.9: back to work is `open` in the list, and an update says so."""
    number = api.report()
    move(core, number, "fixed")
    move(core, number, "received")
    assert [update["status"] for update in api.get(PATH)] == ["fixed", "open"]


def three_updates(api: Api, core: Core, clock: Clock) -> list[str]:
    """Updates at 9:30, 10:30 and 11:30 UTC; their ids."""
    number = api.report()
    for to in ("in_process", "fixed", "in_process"):
        clock.forward(hours=1)
        move(core, number, to)
    return [update["update_id"] for update in api.get(PATH)]


def test_the_window_includes_both_ends(api: Api, core: Core, clock: Clock) -> None:
    """R-195: matched against the time of the update, not of the report."""
    first, second, third = three_updates(api, core, clock)
    at = [write_utc(START + timedelta(hours=number)) for number in range(5)]

    def told(**span: str) -> list[str]:
        return [update["update_id"] for update in api.get(PATH, **span)]

    assert told(start_date=at[1], end_date=at[2]) == [first, second]
    assert told(start_date=at[2], end_date=at[2]) == [second]
    assert told(start_date=at[2]) == [second, third]
    assert told(end_date=at[1]) == [first]
    assert told(start_date=at[4], end_date=at[4]) == []


def test_without_a_window_the_last_90_days_are_told(api: Api, core: Core, clock: Clock) -> None:
    """R-195, georeport.md 5.8: default window and span rule are those of the requests; paging lifts both."""
    three_updates(api, core, clock)
    clock.forward(days=91)
    assert api.get(PATH) == []
    assert len(api.get(PATH, page="1")) == 3
    long_ago, now = write_utc(START), write_utc(clock.now)
    api.get(PATH, status=400, start_date=long_ago, end_date=now)
    assert len(api.get(PATH, start_date=long_ago, end_date=now, page_size="10")) == 3
    api.get(PATH, status=400, start_date=now, end_date=long_ago)
    api.get(PATH, status=400, start_date="gestern")


def test_can_be_asked_of_some_requests(api: Api, core: Core, clock: Clock) -> None:
    """A list of ids, which is bound enough to need no window; ids nobody knows are left out."""
    one, other, third = api.report(), api.report(), api.report()
    for number in (one, other, third):
        move(core, number, "fixed")
    clock.forward(days=200)
    told = api.get(PATH, service_request_id=f"{one}, {third},999999999,abc")
    assert [update["service_request_id"] for update in told] == [one, third]


def test_a_page_far_behind_is_not_counted_off(api: Api, core: Core, monkeypatch: pytest.MonkeyPatch) -> None:
    """Links lead there; behind the end there is nothing, as everywhere."""
    monkeypatch.setattr(updates, "MOST_SKIPPED", 3)
    for _ in range(2):
        move(core, api.report(), "in_process")
        move(core, api.report(), "fixed")
    assert len(api.get(PATH, page="2", page_size="3")) == 1
    assert "Link" in api.get(PATH, 400, page="3", page_size="2")[0]["description"]
    monkeypatch.undo()
    assert api.get(PATH, page="1000000000") == []


def test_pages_neither_repeat_nor_lose_updates(api: Api, core: Core, clock: Clock) -> None:
    """By number and by the address in `Link`, also where several share a second."""
    number = api.report()
    for to in ("in_process", "fixed") * 4:
        move(core, number, to)
    everything = [update["update_id"] for update in api.get(PATH)]
    assert everything == sorted(everything, key=int)
    pages = [api.get(PATH, page=str(page), page_size="3") for page in (1, 2, 3, 4)]
    assert [len(page) for page in pages] == [3, 3, 2, 0]
    assert [update["update_id"] for page in pages for update in page] == everything
    followed, address = [], f"{api.base}{PATH}.json?page_size=3"
    while address:
        response = api.client.get(address)
        followed += [update["update_id"] for update in response.get_json()]
        links = {
            link.split(">")[1]: link.split("<")[1].split(">")[0]
            for link in response.headers.get("Link", "").split(", ")
            if link
        }
        address = links.get('; rel="next"', "").removeprefix("http://localhost")
    assert followed == everything
    api.get(PATH, status=400, cursor="unfug")
    api.get(PATH, status=400, page_size="0")


def test_carries_the_id_fixmystreet_gave_the_report(make_core: MakeCore) -> None:
    """F-3: a report with `attribute[fixmystreet_id]`, then FixMyStreet's poll with an empty key."""
    core = make_core()
    api = an_api(core)
    fields = {
        "jurisdiction_id": "ludwigshafen.de",
        "service_code": MODERATED,
        "description": "title: Müll\n\ndetail: Am Ufer\n\nurl: https://fms.example/report/4711",
        "first_name": "Anna",
        "last_name": "Beispiel",
        "email": "anna@example.org",
        "media_url": "https://fms.example/photo/4711.jpg",
        "attribute[fixmystreet_id]": "4711",
        "attribute[easting]": "",
    }
    [sent] = api.post(fields, suffix=".xml")
    casework.publish(core, int(sent["service_request_id"]), CLARA)
    window = {"start_date": write_utc(START - timedelta(hours=2)), "end_date": write_utc(START)}
    [update] = api.get(PATH, api_key="", jurisdiction_id="ludwigshafen.de", **window)
    assert update["fixmystreet_id"] == "4711"
    assert "anna" not in api.raw(f"{PATH}.xml").text.lower()


@pytest.mark.parametrize(
    ("media_urls", "in_json", "in_xml"),
    [
        ((), b'"media_url":""', b"<media_url/>"),
        (
            ("https://a.example/1.jpg",),
            b'"media_url":"https://a.example/1.jpg"',
            b">https://a.example/1.jpg</media_url>",
        ),
        (
            ("https://a.example/1.jpg", "https://a.example/2.jpg"),
            b'"media_url":["https://a.example/1.jpg","https://a.example/2.jpg"]',
            b"<media_url><media_url>https://a.example/1.jpg</media_url><media_url>https://a.example/2.jpg</media_url></media_url>",
        ),
    ],
    ids=["none", "one", "several"],
)
def test_pictures_are_a_text_or_a_list(media_urls: tuple[str, ...], in_json: bytes, in_xml: bytes) -> None:
    """georeport.md 5.8: `""` for none, a text for one, an array or nested elements for several."""
    update = Update(
        update_id=9001,
        service_request_id=100001,
        status=Status.OPEN,
        detailed_status="IN_BEARBEITUNG",
        updated_datetime=START,
        media_urls=media_urls,
    )
    document = documents.service_request_updates([update], first_city())
    assert in_json in encode.to_json(document)
    assert in_xml in encode.to_xml(document)


def test_of_the_test_endpoint_are_separate(make_core: MakeCore) -> None:
    """What happens at the test endpoint stays there."""
    core = make_core(a_catalogue(a_service(moderated=False)), OPEN311_TEST_ENDPOINT="on")
    api = an_api(core)
    number = api.report()
    move(core, number, "fixed")
    sandbox = Api(api.client, api.key, base="/open311/test/v2")
    assert len(api.get(PATH)) == 1
    assert sandbox.get(PATH) == []
