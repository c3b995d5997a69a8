"""One press of somebody who checks: everything or nothing."""

from datetime import UTC, datetime, timedelta
from io import BytesIO

import pytest
from PIL import Image
from sqlalchemy import Connection, text

from open311.actions import casework
from open311.actions.photos import media
from open311.base.errors import Conflict, Forbidden, Invalid, NotFound
from open311.core import Core
from open311.model.access.actor import ALL_RIGHTS, Actor, ActorKind, Right
from open311.model.casework.cases import Priority, Stage
from open311.model.casework.decisions import Decision, Outcome, PhotoEdit
from open311.model.media import MediaVisibility
from open311.model.photo_boxes import Box
from open311.model.service_request import Location, Status, Visibility
from open311.storage.desk.case import originals
from tests.actors import CLARA
from tests.pictures import opened, two_colours, written
from tests.serving import Api, Clock

BEA = Actor(ActorKind.STAFF, "17", ALL_RIGHTS)
BLIND = Actor(ActorKind.STAFF, "19", ALL_RIGHTS - {Right.SEE_ORIGINALS})
PLATE = Box(0.25, 0.25, 0.25, 0.5)


def shown(core: Core, number: int) -> casework.RequestForStaff:
    return casework.show(core, number, CLARA)


@pytest.fixture
def number(api: Api) -> int:
    """A car without number plates, with a photo of one; held."""
    sent = {
        "api_key": api.key,
        "service_code": "FAHRZEUG_ALT",
        "lat": "49.48",
        "long": "8.44",
        "description": "Weißer Transporter LU-AB 123, gehört Herrn Beispiel",
        "attribute[FARBE]": "weiss",
        "media": (BytesIO(written(two_colours(400, 300))), "auto.jpg"),
    }
    response = api.client.post(f"{api.base}/requests.json", data=sent)
    assert response.status_code == 200, response.text
    return int(response.json[0]["service_request_id"])


def photo_of(core: Core, number: int) -> int:
    return media.of_request(core, number)[0].id


def blacken(core: Core, number: int, boxes: list[Box], actor: Actor) -> None:
    edit = PhotoEdit(media_id=photo_of(core, number), boxes=boxes)
    casework.decide(core, number, Decision(photos=[edit]), actor)


def test_publishing_with_a_plate_blackened(core: Core, number: int, api: Api) -> None:
    """Journey 1."""
    photo = photo_of(core, number)
    old = media.of_request(core, number)[0]
    decision = Decision(
        outcome=Outcome.PUBLISH,
        texts={"description": "Weißer Transporter"},
        photos=[PhotoEdit(media_id=photo, boxes=[PLATE], alt="Weißer Transporter am Straßenrand")],
        reason="KENNZEICHEN",
    )
    casework.decide(core, number, decision, BEA, expected_revision=1)
    after = shown(core, number)
    assert (after.request.visibility, after.request.detailed_status) == ("published", "IN_BEARBEITUNG")
    assert after.case.unit == "VOLLZUGSDIENST"
    assert after.case.accept_by == datetime(2026, 3, 4, 8, 30, tzinfo=UTC)
    assert after.request.expected_datetime == datetime(2026, 3, 30, 7, 30, tzinfo=UTC)
    assert [event.kind for event in after.history] == [
        "submitted",
        "edited",
        "photo_redacted",
        "photo_described",
        "checked",
        "published",
        "routed",
    ]
    assert {event.actor for event in after.history[1:]} == {"staff:17"}
    [new] = media.of_request(core, number)
    assert new.key != old.key
    assert (new.visibility, new.original_key, new.original_until) == (MediaVisibility.PUBLIC, old.key, None)
    assert new.alt == "Weißer Transporter am Straßenrand"
    assert api.client.get(f"/media/{old.key}").status_code == 404
    assert 'alt="Weißer Transporter am Straßenrand"' in api.client.get(f"/reports/{number}").text
    seen = opened(api.client.get(f"/media/{new.key}").data)
    assert seen.size == (400, 300)
    assert is_black(seen, (105, 80, 195, 220))
    assert not is_black(seen, (0, 0, 90, 300))


def is_black(image: Image.Image, box: tuple[int, int, int, int]) -> bool:
    return max(high for _, high in image.convert("RGB").crop(box).getextrema()) < 12


def test_the_removed_words_are_in_no_event_and_in_no_public_answer(
    core: Core, number: int, api: Api, conn: Connection
) -> None:
    """R6.15: the history says which fields, never what stood there."""
    decision = Decision(outcome=Outcome.PUBLISH, texts={"description": "Weißer Transporter"})
    casework.decide(core, number, decision, BEA)
    assert "Beispiel" not in api.raw(f"/requests/{number}.json", extensions="true").text
    told = conn.execute(text("select string_agg(data::text, ' ') from events")).scalar_one()
    assert "Beispiel" not in told
    [original] = originals.of_request(conn, number)
    assert (original.field, "Beispiel" in original.text) == ("description", True)


def test_not_published_but_passed_on(core: Core, number: int, api: Api) -> None:
    """Journey 2: worked on, and nobody outside sees more than where it stands."""
    casework.decide(core, number, Decision(outcome=Outcome.WITHHOLD, reason="PRIVATGRUND"), BEA)
    after = shown(core, number)
    assert (after.request.visibility, after.request.status) == (Visibility.WITHHELD, Status.OPEN)
    assert (after.case.stage, after.request.detailed_status) == (Stage.ACCEPT, "IN_BEARBEITUNG")
    assert all(not event.public and not event.in_feed for event in after.history)
    answer = api.raw(f"/requests/{number}.json").text
    assert "Transporter" not in answer
    assert api.raw("/requests.json").json == []


def test_withdrawn_from_the_public_it_is_hidden_to_the_feed(core: Core, number: int) -> None:
    casework.publish(core, number, BEA)
    casework.withhold(core, number, BEA, "PERSONEN")
    event = shown(core, number).history[-1]
    assert (event.kind, event.public, event.in_feed, event.data["reason"]) == (
        "withheld",
        False,
        True,
        "PERSONEN",
    )


def test_withheld_it_can_be_published_after_all(core: Core, number: int) -> None:
    casework.withhold(core, number, BEA)
    casework.publish(core, number, BEA)
    assert shown(core, number).request.visibility == Visibility.PUBLISHED
    assert media.of_request(core, number)[0].visibility is MediaVisibility.PUBLIC


def test_a_refusal_closes_with_its_reason(core: Core, number: int) -> None:
    casework.decide(core, number, Decision(outcome=Outcome.REJECT, reason="NICHT_ZUSTAENDIG"), BEA)
    after = shown(core, number)
    assert (after.request.visibility, after.request.detailed_status) == ("withheld", "NICHT_ZUSTAENDIG")
    assert after.case.stage is Stage.DONE


def test_spam_is_hidden_and_closed(core: Core, number: int) -> None:
    casework.decide(core, number, Decision(outcome=Outcome.SPAM), BEA)
    after = shown(core, number)
    assert (after.request.visibility, after.request.status) == (Visibility.HIDDEN, Status.CLOSED)
    assert all(event.data.get("quiet") for event in after.history if event.kind in ("hidden", "checked"))


def test_a_duplicate_is_decided_with_its_words(core: Core, number: int, api: Api) -> None:
    original = int(api.report())
    casework.decide(core, number, Decision(outcome=Outcome.DUPLICATE, parent_id=original), BEA)
    assert shown(core, number).request.parent_id == original
    assert shown(core, original).history[-1].kind == "joined"


def test_everything_is_put_right_before_anybody_sees_it(core: Core, number: int) -> None:
    decision = Decision(
        outcome=Outcome.PUBLISH,
        service_code="MUELL_WILD",
        location=Location(49.481, 8.445),
        address="Bismarckstraße 1",
        unit="GRUENFLAECHEN",
        priority=Priority.HIGH,
        status="EINGEPLANT",
        status_notes="Termin ist Montag.",
    )
    casework.decide(core, number, decision, BEA)
    after = shown(core, number)
    assert after.request.service_code == "MUELL_WILD"
    assert after.request.location == Location(49.481, 8.445)
    assert (after.request.address, after.request.agency_responsible) == ("Bismarckstraße 1", "GRUENFLAECHEN")
    assert (after.request.detailed_status, after.request.status_notes) == ("EINGEPLANT", "Termin ist Montag.")
    assert (after.case.unit, after.case.priority) == ("GRUENFLAECHEN", Priority.HIGH)
    # Told once, not again because its time to take the case up begins with the publication.
    units = [event.data["to"] for event in after.history if event.kind in ("assigned", "routed")]
    assert units[-1] == "GRUENFLAECHEN"
    assert units.count("GRUENFLAECHEN") == 1


WRONG = {
    "reason": (Decision(outcome=Outcome.WITHHOLD, reason="WEISS_NICHT"), Invalid),
    "no original": (Decision(outcome=Outcome.DUPLICATE), Invalid),
    "unknown original": (Decision(outcome=Outcome.DUPLICATE, parent_id=10**9), NotFound),
    "itself": (Decision(outcome=Outcome.PUBLISH, texts={"description": "x" * 4001}), Invalid),
    "field": (Decision(outcome=Outcome.PUBLISH, texts={"visibility": "published"}), Invalid),
    "service": (Decision(outcome=Outcome.PUBLISH, service_code="GIBT_ES_NICHT"), Invalid),
    "outside": (Decision(outcome=Outcome.PUBLISH, location=Location(0.0, 0.0)), Invalid),
    "unit": (Decision(outcome=Outcome.PUBLISH, unit="NIEMAND"), Invalid),
    "status": (Decision(outcome=Outcome.PUBLISH, status="GIBT_ES_NICHT"), Invalid),
    "open refusal": (Decision(outcome=Outcome.REJECT, status="EINGEPLANT"), Invalid),
    "photo": (Decision(outcome=Outcome.PUBLISH, photos=[PhotoEdit(media_id=10**9, boxes=[PLATE])]), NotFound),
    "photo shown": (
        Decision(outcome=Outcome.PUBLISH, photos=[PhotoEdit(media_id=10**9, public=True)]),
        NotFound,
    ),
    "no mail": (Decision(outcome=Outcome.PUBLISH, message="Danke"), Invalid),
    "question": (Decision(outcome=Outcome.ASK, message="Wo genau?"), Invalid),
    "answers": (Decision(outcome=Outcome.PUBLISH, answers={"FARBE": ["gibt es nicht"]}), Invalid),
    "private answer": (Decision(outcome=Outcome.PUBLISH, answers={"KENNZEICHEN": ["x"]}), Invalid),
}


@pytest.mark.parametrize("name", WRONG)
def test_with_one_thing_wrong_nothing_happens(core: Core, number: int, name: str) -> None:
    decision, error = WRONG[name]
    before, photos = shown(core, number), media.of_request(core, number)
    whole = {"texts": {"title": "Neu", **decision.texts}}
    with pytest.raises(error):
        casework.decide(core, number, Decision(**{**as_fields(decision), **whole}), BEA)
    assert shown(core, number) == before
    assert media.of_request(core, number) == photos


def as_fields(decision: Decision) -> dict[str, object]:
    return {name: getattr(decision, name) for name in Decision.__slots__}


def test_two_at_once_the_second_is_told(core: Core, number: int) -> None:
    """Journey 4."""
    seen = shown(core, number).case.revision
    casework.publish(core, number, Actor(ActorKind.STAFF, "18", ALL_RIGHTS))
    with pytest.raises(Conflict) as refused:
        casework.decide(core, number, Decision(outcome=Outcome.PUBLISH), BEA, expected_revision=seen)
    assert [event.actor for event in refused.value.meanwhile] == ["staff:18"]
    words = Decision(texts={"description": "Weißer Transporter"})
    casework.decide(core, number, words, BEA, expected_revision=refused.value.revision)
    kinds = [event.kind for event in shown(core, number).history]
    assert kinds == ["submitted", "published", "edited"]


@pytest.mark.parametrize(
    ("right", "decision"),
    [
        (Right.CHECK, Decision(outcome=Outcome.PUBLISH)),
        (Right.EDIT, Decision(outcome=Outcome.PUBLISH, texts={"title": "Neu"})),
        (Right.ASSIGN_UNIT, Decision(outcome=Outcome.PUBLISH, unit="TIEFBAU")),
        (Right.PLAN, Decision(outcome=Outcome.PUBLISH, priority=Priority.LOW)),
        (Right.MERGE, Decision(outcome=Outcome.DUPLICATE, parent_id=1)),
        (Right.WRITE_REPORTER, Decision(outcome=Outcome.PUBLISH, message="Danke")),
    ],
)
def test_each_part_needs_its_own_right(core: Core, number: int, right: Right, decision: Decision) -> None:
    before = shown(core, number)
    with pytest.raises((Forbidden, NotFound)):
        casework.decide(core, number, decision, Actor(ActorKind.STAFF, "1", ALL_RIGHTS - {right}))
    assert shown(core, number) == before


def test_a_slip_is_taken_back_within_a_minute(core: Core, number: int, clock: Clock) -> None:
    before = shown(core, number)
    photos = media.of_request(core, number)
    decision = Decision(
        outcome=Outcome.PUBLISH, texts={"title": "Transporter"}, location=Location(49.4811, 8.4411)
    )
    casework.decide(core, number, decision, BEA)
    clock.forward(seconds=59)
    casework.take_back(core, number, BEA)
    after = shown(core, number)
    same = {"version": 0, "updated_datetime": None}
    assert after.request._replace(**same) == before.request._replace(**same)
    assert (after.case.stage, after.case.checked_datetime) == (Stage.CHECK, None)
    assert media.of_request(core, number) == photos
    assert after.history[-1].kind == "taken_back"
    assert not any(event.public or event.is_update for event in after.history)
    with pytest.raises(Invalid):
        casework.take_back(core, number, BEA)


def test_it_is_too_late_after_a_minute_after_others_and_for_others(
    core: Core, number: int, clock: Clock
) -> None:
    casework.publish(core, number, BEA)
    with pytest.raises(Invalid):
        casework.take_back(core, number, Actor(ActorKind.STAFF, "18", ALL_RIGHTS))
    clock.forward(seconds=60)
    with pytest.raises(Invalid):
        casework.take_back(core, number, BEA)
    casework.note(core, number, "Hallo", BEA)
    casework.set_priority(core, number, Priority.HIGH, Actor(ActorKind.STAFF, "18", ALL_RIGHTS))
    with pytest.raises(Invalid):
        casework.take_back(core, number, BEA)


def test_originals_end_some_time_after_closing(
    core: Core, number: int, clock: Clock, conn: Connection
) -> None:
    photo = photo_of(core, number)
    casework.publish(core, number, BEA)
    blacken(core, number, [PLATE], BEA)
    casework.edit(core, number, {"description": "Transporter"}, BEA)
    original = casework.original_of(core, photo, BEA)
    assert not is_black(opened(original), (100, 75, 200, 225))
    assert casework.destroy_originals(core) == 0
    casework.set_status(core, number, "GELOEST", BEA, "Erledigt.")
    assert media.of_request(core, number)[0].original_until == clock.now + timedelta(days=30)
    casework.set_status(core, number, "IN_BEARBEITUNG", BEA)
    assert media.of_request(core, number)[0].original_until is None
    casework.set_status(core, number, "GELOEST", BEA, "Erledigt.")
    clock.forward(days=30, seconds=1)
    assert casework.destroy_originals(core) == 2
    assert originals.of_request(conn, number) == []
    [after] = media.of_request(core, number)
    assert (after.original_key, after.original_until) == (None, None)
    assert is_black(opened(casework.original_of(core, photo, BEA)), (105, 80, 195, 220))


def test_an_original_is_destroyed_at_once_by_those_who_may_see_it(
    core: Core, number: int, conn: Connection
) -> None:
    photo = photo_of(core, number)

    def destroys(actor: Actor, boxes: list[Box] | None = None) -> None:
        edit = PhotoEdit(media_id=photo, boxes=boxes, destroy_original=True)
        casework.decide(core, number, Decision(photos=[edit]), actor)

    with pytest.raises(Invalid):
        destroys(BEA)
    blacken(core, number, [PLATE], BEA)
    with pytest.raises(Forbidden):
        destroys(BLIND)
    sent = str(media.of_request(core, number)[0].original_key)
    destroys(BEA, [PLATE, Box(0.75, 0, 0.25, 0.25)])
    after = media.of_request(core, number)[0]
    assert (after.original_key, after.original_until, len(after.boxes)) == (None, None, 2)
    assert casework.show(core, number, BEA).history[-1].kind == "original_destroyed"
    jobs = text("select args -> 'keys' from procrastinate_jobs where task_name = 'forget_media'")
    assert [sent] in conn.execute(jobs).scalars().all()
    # What is black now is what there is: a box can be added, and none taken away.
    blacken(core, number, [], BEA)
    assert is_black(opened(media.file_of(core, photo)), (105, 80, 195, 220))


def test_the_original_is_for_those_who_may_see_it(core: Core, number: int) -> None:
    blacken(core, number, [PLATE], BEA)
    with pytest.raises(Forbidden):
        casework.original_of(
            core, photo_of(core, number), Actor(ActorKind.STAFF, "1", ALL_RIGHTS - {Right.SEE_ORIGINALS})
        )


def test_whoever_may_not_see_below_a_box_cannot_take_it_away(core: Core, number: int) -> None:
    photo = photo_of(core, number)
    blacken(core, number, [PLATE], BEA)
    blacken(core, number, [Box(0.75, 0, 0.25, 0.25)], BLIND)
    picture = opened(media.file_of(core, photo))
    assert is_black(picture, (105, 80, 195, 220))
    assert is_black(picture, (305, 5, 395, 70))
    blacken(core, number, [Box(0.75, 0, 0.25, 0.25)], BEA)
    picture = opened(media.file_of(core, photo))
    assert not is_black(picture, (105, 80, 195, 220))


@pytest.mark.parametrize(
    "box",
    [Box(1.5, 0, 1, 1), Box(0, 0, 0, 0), Box(-2, -2, 1, 1), Box(float("nan"), 0, 1, 1), Box(0, 0, -1, 1)],
)
def test_a_box_that_hides_nothing_is_refused(core: Core, number: int, box: Box) -> None:
    with pytest.raises(Invalid):
        blacken(core, number, [box], BEA)
