"""POST servicerequestupdates: what other systems tell about a request (georeport.md 5.8, 5.9)."""

import json
from typing import Any

import pytest
from sqlalchemy import text

from open311.actions import casework, keys
from open311.actions.reporting import updates
from open311.base.errors import Invalid, NotFound
from open311.core import Core
from open311.model.access.keys import Scope
from tests.actors import CLARA
from tests.builders import a_catalogue, a_service
from tests.formats.spark import parse_xml
from tests.serving import Api, Clock, MakeCore, an_api, check_type

PATH = "/servicerequestupdates"
FIELDS = {
    "update_id": "FMS-1",
    "status": "IN_PROGRESS",
    "updated_datetime": "2026-03-02T08:00:00Z",
    "description": "Ein Team ist unterwegs.",
}


@pytest.fixture
def core(make_core: MakeCore) -> Core:
    """A Core with one service that is not moderated."""
    return make_core(a_catalogue(a_service(moderated=False)))


@pytest.fixture
def api(core: Core) -> Api:
    """A client whose key may only report."""
    return an_api(core, Scope.REPORT)


@pytest.fixture
def number(api: Api) -> str:
    """A public report."""
    return api.report()


@pytest.fixture
def city(core: Core) -> Api:
    """A client whose key may change the status."""
    return an_api(core, Scope.CHANGE_STATUS)


def send(api: Api, number: str, expect: int = 200, suffix: str = ".json", **fields: Any) -> Any:
    """Post an update; None leaves a field out."""
    sent = {"api_key": api.key, "service_request_id": number} | FIELDS | fields
    response = api.client.post(
        f"{api.base}{PATH}{suffix}", data={name: value for name, value in sent.items() if value is not None}
    )
    assert response.status_code == expect, response.text
    check_type(response, suffix)
    return json.loads(response.data) if suffix == ".json" else parse_xml(response.data)


def state(api: Api, number: str) -> tuple[str, str]:
    """Status and detailed status as the public sees them."""
    [found] = api.get(f"/requests/{number}", extensions="true")
    return found["status"], found["extended_attributes"]["detailed_status"]


@pytest.mark.parametrize("key", ["", "unknown"], ids=["missing", "unknown"])
def test_without_a_key_is_refused(api: Api, number: str, key: str) -> None:
    """R-196: 403, and the key error stands alone."""
    assert [error["code"] for error in send(api, number, 403, api_key=key, description=None)] == [403]


def test_a_key_without_the_right_is_refused(core: Core, api: Api, number: str) -> None:
    """R-196: a key that can neither report nor change the status."""
    reader = an_api(core, Scope.READ_HELD)
    send(reader, number, 403)


@pytest.mark.parametrize("missing", ["service_request_id", *FIELDS])
def test_each_argument_is_needed(api: Api, number: str, missing: str) -> None:
    """R-196: 400 that names the argument."""
    [error] = send(api, number, 400, **{missing: None})
    assert missing in error["description"]


@pytest.mark.parametrize("description", ["", " "])
@pytest.mark.parametrize("status", ["FIXED", "UNCHANGED"])
def test_an_update_may_be_without_words(city: Api, number: str, description: str, status: str) -> None:
    """B6: FixMyStreet sends none where somebody only changed the state."""
    [sent] = send(city, number, description=description, status=status)
    [update] = city.get(PATH)
    assert (update["update_id"], update["description"]) == (sent["update_id"], "")
    assert state(city, number)[0] == ("closed" if status == "FIXED" else "open")


def test_an_empty_description_in_json_is_one_too(city: Api, number: str) -> None:
    """B6"""
    sent = (
        {"api_key": city.key, "service_request_id": number} | FIELDS | {"description": "", "status": "FIXED"}
    )
    assert city.client.post(f"{city.base}{PATH}.json", json=sent).status_code == 200


def test_a_claim_may_be_without_words(api: Api, number: str) -> None:
    """B6"""
    send(api, number, description="", status="FIXED")
    assert state(api, number)[0] == "open"


def test_an_older_update_that_comes_later_never_moves_the_request_back(city: Api, number: str) -> None:
    """B5: its words are told, the state stays."""
    send(city, number, status="FIXED", updated_datetime="2026-03-02T08:20:00Z", description="Weg")
    late = {"update_id": "FMS-0", "status": "IN_PROGRESS", "description": "Ein Team ist unterwegs."}
    send(city, number, updated_datetime="2026-03-02T08:10:00Z", **late)
    assert state(city, number)[0] == "closed"
    told = city.get(PATH)
    assert [(update["status"], update["description"]) for update in told] == [
        ("fixed", "Weg"),
        ("fixed", "Ein Team ist unterwegs."),
    ]
    send(city, number, update_id="FMS-2", updated_datetime="2026-03-02T08:25:00Z", status="IN_PROGRESS")
    assert state(city, number)[0] == "open"


def test_a_sender_whose_clock_is_ahead_does_not_lock_a_request(city: Api, number: str) -> None:
    """B5: no moment counts for later than the one when it was told."""
    send(city, number, status="FIXED", updated_datetime="2030-01-01T00:00:00Z")
    send(city, number, update_id="FMS-2", status="IN_PROGRESS", updated_datetime="2026-03-02T08:30:00Z")
    assert state(city, number)[0] == "open"


def test_all_mistakes_are_told_at_once(api: Api, number: str) -> None:
    """R-196: one entry a problem."""
    errors = send(api, number, 400, update_id=None, status="LOST", updated_datetime="gestern", email="?")
    assert len(errors) == 4
    assert {error["code"] for error in errors} == {400}


def test_an_unknown_status_is_400(api: Api, number: str) -> None:
    """R-196."""
    [error] = send(api, number, 400, status="VERSCHOLLEN", locale="en")
    assert "VERSCHOLLEN" in error["description"]


@pytest.mark.parametrize("unknown", ["999999999", "abc", "0", "1" * 30])
def test_an_unknown_request_is_404(api: Api, unknown: str) -> None:
    """R-196."""
    assert [error["code"] for error in send(api, unknown, 404)] == [404]


def test_a_request_that_is_not_public_is_404(core: Core, city: Api, number: str) -> None:
    """R-196: hidden and held ones alike."""
    casework.hide(core, int(number), CLARA)
    send(city, number, 404)


def test_answers_with_our_own_id(api: Api, city: Api, number: str) -> None:
    """R-196: in both formats; the sender's id is not ours."""
    [first] = send(city, number)
    assert list(first) == ["update_id"]
    assert first["update_id"] != FIELDS["update_id"]
    assert api.get(PATH)[0]["update_id"] == first["update_id"]
    send(city, number, suffix=".xml", update_id="FMS-2")


def test_a_repetition_gets_the_same_answer_for_ever(core: Core, city: Api, number: str, clock: Clock) -> None:
    """R-196: per key and sender's id, whatever else it says, however late, even if the request is gone."""
    first = send(city, number)
    clock.forward(days=400)
    assert send(city, number, description="anders", status="FIXED") == first
    assert state(city, number) == ("open", "IN_PROCESS")
    casework.erase(core, int(number), CLARA)
    assert send(city, number) == first


def test_two_senders_may_use_the_same_id(core: Core, city: Api, number: str) -> None:
    """R-196: the sender's id is unique for its key only."""
    other = an_api(core, Scope.CHANGE_STATUS, Scope.REPORT)
    assert send(city, number) != send(other, number)


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("IN_PROGRESS", ("open", "IN_PROCESS")),
        ("in_progress", ("open", "IN_PROCESS")),
        ("FIXED", ("closed", "PROCESSED")),
        ("fixed - council", ("closed", "PROCESSED")),
        ("CLOSED", ("closed", "PROCESSED")),
        ("DUPLICATE", ("closed", "PROCESSED")),
        ("INVESTIGATING", ("open", "RECEIVED")),
        ("OPEN", ("open", "RECEIVED")),
        ("UNCHANGED", ("open", "RECEIVED")),
    ],
)
def test_a_key_with_the_right_moves_the_report(
    city: Api, number: str, word: str, expected: tuple[str, str]
) -> None:
    """R-196: capitals or not; a word this catalogue lacks falls back to its open or closed."""
    send(city, number, status=word)
    assert state(city, number) == expected
    assert len(city.get(PATH)) == 1


def test_the_finest_status_of_the_catalogue_is_found(make_core: MakeCore) -> None:
    """R-196, R-197: by the catalogue's own words; `open` reopens, and leaves a finer open state alone."""
    core = make_core()
    city = an_api(core, Scope.CHANGE_STATUS, Scope.REPORT)
    number = city.report(service_code="MARKIERUNG")
    casework.publish(core, int(number), CLARA)
    for count, (word, now) in enumerate(
        [
            ("ACTION_SCHEDULED", "EINGEPLANT"),
            ("OPEN", "EINGEPLANT"),
            ("NOT_COUNCILS_RESPONSIBILITY", "NICHT_ZUSTAENDIG"),
            ("CLOSED", "NICHT_ZUSTAENDIG"),
            ("REOPEN", "IN_BEARBEITUNG"),
            ("UNABLE_TO_FIX", "ABGESCHLOSSEN"),
            ("DUPLICATE", "DUBLETTE"),
        ]
    ):
        send(city, number, status=word, update_id=f"U-{count}")
        assert casework.show(core, int(number), CLARA).request.detailed_status == now


def test_is_one_update_for_readers(city: Api, number: str, clock: Clock) -> None:
    """R-195: an accepted update is told with its text and pictures, at the moment it came in here."""
    clock.forward(hours=3)
    send(city, number, media_url=["https://a.example/1.jpg", "https://a.example/2.jpg"])
    [update] = city.get(PATH)
    assert update["description"] == FIELDS["description"]
    assert update["updated_datetime"] == "2026-03-02T12:30:00+01:00"
    assert update["media_url"] == ["https://a.example/1.jpg", "https://a.example/2.jpg"]
    [found] = city.get(f"/requests/{number}")
    assert found["updated_datetime"] == update["updated_datetime"]


def test_without_the_right_it_is_a_claim_that_changes_nothing(api: Api, core: Core, number: str) -> None:
    """R-196: stored for staff; the report, its history and the updates stay as they were."""
    before = api.get(f"/requests/{number}", extensions="true")
    [sent] = send(api, number, status="FIXED", description="Ist weg!", first_name="Ute", last_name="-")
    assert api.get(f"/requests/{number}", extensions="true") == before
    assert api.get(PATH) == []
    [claim] = updates.held(core, core.catalogues.in_force[0], 10, CLARA)
    assert (str(claim.event.id), claim.event.data["claimed_status"]) == (sent["update_id"], "fixed")
    assert (claim.updater.first_name, claim.updater.last_name) == ("Ute", None)


def test_a_claim_that_staff_publish_keeps_its_id(api: Api, core: Core, number: str, clock: Clock) -> None:
    """R-195: told from then on, under the id its sender knows; the status stays."""
    [sent] = send(api, number, status="FIXED", description="Ist weg!")
    clock.forward(days=2)
    updates.publish(core, int(sent["update_id"]), CLARA)
    [update] = api.get(PATH)
    assert update["update_id"] == sent["update_id"]
    assert (update["status"], update["description"]) == ("open", "Ist weg!")
    assert update["updated_datetime"].startswith("2026-03-04")
    assert updates.held(core, core.catalogues.in_force[0], 10, CLARA) == []
    with pytest.raises(Invalid):
        updates.publish(core, int(sent["update_id"]), CLARA)


def test_a_claim_that_staff_refuse_is_never_told(api: Api, core: Core, number: str) -> None:
    """It leaves the queue, and cannot be published by mistake."""
    [sent] = send(api, number)
    updates.hide(core, int(sent["update_id"]), CLARA)
    assert updates.held(core, core.catalogues.in_force[0], 10, CLARA) == []
    assert api.get(PATH) == []
    for decide in (updates.publish, updates.hide):
        with pytest.raises(Invalid):
            decide(core, int(sent["update_id"]), CLARA)
    with pytest.raises(NotFound):
        updates.publish(core, 10**9, CLARA)


def test_a_hidden_update_takes_its_text_along(api: Api, city: Api, core: Core, number: str) -> None:
    """Everywhere: updates, notes, the status note; a move itself stays told, without words."""
    send(city, number, status="UNCHANGED", description="Name und Adresse")
    send(city, number, status="FIXED", description="Noch mehr Namen", update_id="FMS-2")
    for update in api.get(PATH):
        updates.hide(core, int(update["update_id"]), CLARA)
    assert [(update["status"], update["description"]) for update in api.get(PATH)] == [("fixed", "")]
    everywhere = api.raw(f"/requests/{number}.json", extensions="true").text
    assert "Name" not in everywhere
    assert "status_notes" not in everywhere


def test_personal_data_is_kept_apart(api: Api, city: Api, core: Core, number: str) -> None:
    """Who sent an update stands in a table of its own, in no public answer, and is erased with the request."""
    who = {"first_name": "Ulrike", "last_name": "Muster", "email": "ulrike@example.org", "phone": "0621 1"}
    send(city, number, **who)
    for path in (PATH, f"/requests/{number}", "/requests"):
        assert "ulrike" not in api.raw(f"{path}.json", extensions="true").text.lower()
    with core.database.read() as conn:
        assert conn.execute(text("select email, phone from updaters")).one() == (
            "ulrike@example.org",
            "0621 1",
        )
        assert (
            conn.execute(text("select count(*) from events where data::text ilike '%ulrike%'")).scalar() == 0
        )
    casework.erase(core, int(number), CLARA)
    with core.database.read() as conn:
        assert conn.execute(text("select count(*) from updaters")).scalar() == 0


def test_can_be_sent_as_json_and_by_bearer(core: Core, number: str) -> None:
    """georeport.md 5.15, 3.8: as everywhere else."""
    key = keys.add_key(core, "bearer", [Scope.CHANGE_STATUS], actor=CLARA)
    client = an_api(core).client
    response = client.post(
        f"/open311/v2{PATH}.json",
        json={"service_request_id": number, **FIELDS},
        headers={"Authorization": f"Bearer {key}"},
    )
    assert response.status_code == 200
    assert response.headers["Access-Control-Allow-Origin"] == "*"
