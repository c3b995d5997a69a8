"""The interface of the desk: what programs of the staff read and do, with a token and never more than its owner may."""

import json
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from referencing import Registry, Resource
from sqlalchemy import Connection, text
from werkzeug.test import TestResponse

from open311.actions import casework
from open311.actions.casework.reading import RequestForStaff
from open311.actions.photos import media
from open311.app import application
from open311.model.access.actor import Right
from open311.model.casework.cases import Case, Priority, Stage
from open311.model.service_request import Visibility
from open311.model.staff.access_tokens import RIGHTS
from open311.model.staff.roles import Role
from open311.staff.api.acts import ACTS, Act
from tests.actors import CLARA
from tests.client import Client, client_of
from tests.house.documents import ROOT
from tests.pictures import a_photo
from tests.serving import Clock, an_api
from tests.staff.desk import Desk, Employee, membership

API = "/staff/api/v1"
LAMP = {"service_code": "STRASSENLATERNE", "attribute[DEFEKT]": "aus"}
STORED = ROOT / "schemas" / "staff-openapi.json"
document = json.loads(STORED.read_text(encoding="utf-8"))
ADDRESS = "urn:staff"
registry: Registry[Any] = Registry().with_resource(ADDRESS, Resource.opaque(document))


@dataclass
class Program:
    """A program with a token; every answer is as the document promises."""

    client: Client
    token: str

    def ask(
        self, path: str, body: Any = None, *, method: str = "", revision: int | None = None, **headers: str
    ) -> TestResponse:
        sent = {"Authorization": f"Bearer {self.token}"} | headers
        if revision is not None:
            sent["If-Match"] = f'"{revision}"'
        how = method or ("GET" if body is None else "POST")
        data = None if body is None else json.dumps(body)
        response = self.client.open(
            f"{API}{path}", method=how, data=data, headers=sent, content_type="application/json"
        )
        if response.mimetype == "application/problem+json":
            assert response.status_code >= 400
            assert response.json["status"] == response.status_code
        elif response.mimetype == "application/json":
            judge(response)
        assert response.headers["Cache-Control"] == "private, no-store"
        return response

    def act(self, number: str, name: str, revision: int | None = None, /, **body: Any) -> TestResponse:
        return self.ask(f"/cases/{number}/{name}", body, revision=revision)


def judge(response: TestResponse) -> None:
    """Fail unless the document promises this answer."""
    parts = response.request.path.split("/")
    known = next(
        name
        for name in document["paths"]
        if len(name.split("/")) == len(parts)
        and all(a == b or a.startswith("{") for a, b in zip(name.split("/"), parts, strict=True))
    )
    pointer = "/".join(
        part.replace("~", "~0").replace("/", "~1")
        for part in ("paths", known, response.request.method.lower(), "responses", str(response.status_code))
    )
    schema = {"$ref": f"{ADDRESS}#/{pointer}/content/application~1json/schema"}
    Draft202012Validator(schema, registry=registry).validate(response.json)


def program_of(desk: Desk, employee: Employee, *rights: Right) -> Program:
    """A program of somebody's, with all the rights that its owner may give, or with these."""
    form = {"make": "1", "name": "Auswertung", "days": "30"}
    page = employee.get("/staff/me/tokens").text
    offered = [right.value for right in rights or RIGHTS if f'"rights" value="{right.value}"' in page]
    employee.post("/staff/me/tokens", 200, **form, rights=offered)
    [token] = [word for word in employee.text.split() if word.startswith("o311desk_")]
    return Program(client_of(desk.core), token)


@pytest.fixture
def bea(desk: Desk) -> Employee:
    return desk.employee(Role.CHECKER)


@pytest.fixture
def program(desk: Desk, bea: Employee) -> Program:
    """A program of a checker's, who may do nearly all."""
    return program_of(desk, bea)


@pytest.fixture
def number(desk: Desk) -> str:
    """A lamp that is published and worked on."""
    reported: str = an_api(desk.core).report(**LAMP)
    casework.publish(desk.core, int(reported), CLARA)
    return reported


def whole(desk: Desk, number: str) -> RequestForStaff:
    return casework.show(desk.core, int(number), CLARA)


def case_of(desk: Desk, number: str) -> Case:
    return whole(desk, number).case


def test_lets_in_nobody_without_a_token(desk: Desk, program: Program, bea: Employee, number: str) -> None:
    stranger = client_of(desk.core)
    for header in (
        {},
        {"Authorization": "Bearer o311desk_wrong"},
        {"Authorization": f"Basic {program.token}"},
    ):
        answer = stranger.get(f"{API}/cases", headers=header)
        assert (answer.status_code, answer.mimetype) == (401, "application/problem+json")
        assert answer.headers["WWW-Authenticate"] == "Bearer"
    # The cookie of a browser opens nothing here, and a token nothing there.
    assert bea.client.get(f"{API}/cases").status_code == 401
    assert (
        stranger.get("/staff/reports", headers={"Authorization": f"Bearer {program.token}"}).status_code
        == 303
    )
    assert stranger.get(f"{API}/openapi.json").json == document


def test_is_not_there_where_there_is_no_desk(make_core: Any) -> None:
    for path in ("/cases", "/openapi.json"):
        assert client_of(make_core(OPEN311_STAFF="off")).get(f"{API}{path}").status_code == 404


def test_tells_what_is_wrong_in_the_language_of_the_account(program: Program) -> None:
    answer = program.ask("/cases/999")
    assert (answer.status_code, answer.json["title"]) == (404, "Not Found")
    assert "999" in answer.json["detail"]
    assert program.ask("/cases", {"a": 1}).status_code == 405
    assert program.ask("/nothing").status_code == 404


def test_lists_what_its_owner_sees_page_by_page(desk: Desk, program: Program) -> None:
    api = an_api(desk.core)
    numbers = {int(api.report(**LAMP)) for _ in range(5)}
    first = program.ask("/cases?limit=3").json
    second = program.ask(f"/cases?limit=3&cursor={first['next']}").json
    assert second["next"] is None
    assert {case["service_request_id"] for case in first["cases"] + second["cases"]} == numbers
    assert first["cases"][0]["stage"] == "check"
    assert program.ask("/cases?stage=work").json["cases"] == []
    assert len(program.ask("/cases?view=all").json["cases"]) == 5
    assert program.ask("/cases?view=all&service=MUELL_WILD").json["cases"] == []


@pytest.mark.parametrize(
    "query", ["view=x", "cursor=x", "cursor=WzFd", "limit=0", "limit=51", "limit=x", "color=red", "q=%00"]
)
def test_refuses_questions_that_mean_nothing(program: Program, query: str) -> None:
    # What a client adds for itself is no harm.
    assert program.ask(f"/cases?{query}").status_code == (200 if query == "color=red" else 400)


def test_shows_a_unit_only_what_is_its_own_or_public(desk: Desk, number: str, clock: Clock) -> None:
    clock.forward(seconds=1)
    held = an_api(desk.core).report(**LAMP)
    rita = desk.employee(membership(Role.LEAD, units=("GRUENFLAECHEN",)), email="rita@stadt.example")
    other = program_of(desk, rita)
    assert [case["service_request_id"] for case in other.ask("/cases").json["cases"]] == [int(number)]
    assert other.ask(f"/cases/{held}").status_code == 404
    answer = other.act(number, "status", case_of(desk, number).revision, status="GELOEST")
    assert answer.status_code == 403


def test_answers_who_gives_a_case_away_and_sees_it_no_more(desk: Desk, number: str) -> None:
    lamps = membership(Role.LEAD, services=("STRASSENLATERNE",))
    lutz = program_of(desk, desk.employee(lamps, email="lutz@stadt.example"))
    done = lutz.act(number, "recategorise", case_of(desk, number).revision, service_code="MUELL_WILD")
    assert (done.status_code, done.json["revision"]) == (200, case_of(desk, number).revision)
    assert lutz.ask(f"/cases/{number}").status_code == 404


def test_shows_a_case_whole_but_for_who_sent_it(desk: Desk, program: Program, conn: Connection) -> None:
    number = an_api(desk.core).report(**LAMP, email="kim@example.org", first_name="Kim", description="Aus")
    casework.add_note(desk.core, int(number), "Sicherung?", CLARA)
    answer = program.ask(f"/cases/{number}")
    assert (answer.json["description"], answer.json["visibility"]) == ("Aus", Visibility.HELD)
    assert "check" in answer.json["may"]
    assert answer.headers["ETag"] == f'"{answer.json["revision"]}"'
    assert "kim" not in answer.text.lower()
    lines = program.ask(f"/cases/{number}/events").json["events"]
    assert [line["text"] for line in lines if line["kind"] == "note"] == ["Sicherung?"]
    revealed = "select count(*) from audit where kind = 'revealed'"
    assert conn.execute(text(revealed)).scalar_one() == 0
    contact = program.ask(f"/cases/{number}/contact").json
    assert contact == {"email": "kim@example.org", "first_name": "Kim"}
    assert conn.execute(text(revealed)).scalar_one() == 1


def test_hands_out_photos_of_cases_that_may_be_seen(desk: Desk, program: Program, number: str) -> None:
    assert program.ask("/photos/" + "0" * 32 + ".jpg").status_code == 404
    assert program.ask("/photos/x").status_code == 404


def test_acts_only_on_the_state_that_was_seen(desk: Desk, program: Program, number: str) -> None:
    assert program.act(number, "status", status="GELOEST").status_code == 428
    revision = case_of(desk, number).revision
    done = program.act(number, "status", revision, status="GELOEST", status_notes="Lampe getauscht")
    assert done.json == {"service_request_id": int(number), "revision": case_of(desk, number).revision}
    assert done.headers["ETag"] == f'"{done.json["revision"]}"'
    stale = program.act(number, "priority", revision, priority="high")
    assert (stale.status_code, stale.json["revision"]) == (412, done.json["revision"])
    assert whole(desk, number).request.status_notes == "Lampe getauscht"
    for odd in ("*", '"a"', '"1", "2"', "1;", 'W/"1"'):
        answer = program.ask(f"/cases/{number}/accept", {}, **{"If-Match": odd})
        assert answer.status_code == 400, odd


def test_does_the_same_once_under_one_key(desk: Desk, program: Program, number: str, clock: Clock) -> None:
    def note(words: str, key: str) -> TestResponse:
        return program.ask(f"/cases/{number}/note", {"text": words}, **{"Idempotency-Key": key})

    first, again = note("Leiter nötig", "a"), note("Leiter nötig", "a")
    assert (first.status_code, again.json) == (200, first.json)
    assert note("Kran nötig", "a").status_code == 400
    assert note("", "b").status_code == 400
    # Nothing was done under it, so it is free.
    assert note("Kran nötig", "b").status_code == 200
    assert note("x", "k" * 201).status_code == 400
    lines = program.ask(f"/cases/{number}/events").json["events"]
    assert [line["text"] for line in lines if line["kind"] == "note"] == ["Kran nötig", "Leiter nötig"]


def test_leaves_a_key_to_who_is_at_work_with_it(
    desk: Desk, program: Program, number: str, clock: Clock
) -> None:
    """Of two servers one has taken the key; when it has died over it, the key is free again."""
    with desk.core.database.begin() as conn:
        conn.execute(
            text("""
                insert into idempotency_keys (account_id, key, request_digest, created_datetime)
                select id, 'a', encode(sha256(:content), 'hex'), :now from accounts
            """),
            {"content": f'{API}/cases/{number}/note\n\n{{"text": "x"}}'.encode(), "now": clock()},
        )
    answer = program.ask(f"/cases/{number}/note", {"text": "x"}, **{"Idempotency-Key": "a"})
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")
    clock.forward(minutes=2)
    assert program.ask(f"/cases/{number}/note", {"text": "x"}, **{"Idempotency-Key": "a"}).status_code == 200


def test_does_every_act_as_the_desk_does(desk: Desk, program: Program) -> None:
    api = an_api(desk.core)
    one = api.report(**LAMP, media=(BytesIO(a_photo()), "a.jpg"))
    two, three = api.report(**LAMP), api.report(**LAMP)

    def does(number: str, name: str, **body: Any) -> Case:
        answer = program.act(number, name, case_of(desk, number).revision, **body)
        assert answer.status_code == 200, answer.text
        return case_of(desk, number)

    does(one, "decide", outcome="publish", title="Lampe am Tor", priority="high")
    request = whole(desk, one).request
    assert (request.visibility, request.title) == (Visibility.PUBLISHED, "Lampe am Tor")
    assert case_of(desk, one).priority is Priority.HIGH
    does(two, "withhold")
    assert does(two, "publish").stage is not Stage.CHECK
    does(two, "merge", into=int(one))
    assert whole(desk, two).request.parent_id == int(one)
    does(two, "separate")
    does(three, "hide")
    assert whole(desk, three).request.visibility == Visibility.HIDDEN
    assert does(one, "assign", unit="GRUENFLAECHEN", reason="steht im Park").unit == "GRUENFLAECHEN"
    assert does(one, "priority", priority="urgent").priority is Priority.URGENT
    assert str(does(one, "defer", day="2026-07-01").resume_date) == "2026-07-01"
    assert does(one, "defer", day=None).resume_date is None
    assert does(one, "deadline", day="2026-08-03", reason="Ersatzteil").due_datetime is not None
    does(one, "edit", description="Lampe flackert")
    assert whole(desk, one).request.description == "Lampe flackert"
    does(one, "note", text="Leiter")
    assert does(one, "recategorise", service_code="MUELL_WILD").service_code == "MUELL_WILD"
    does(one, "relocate", lat=49.4815, long=8.4465, address="Ludwigstraße 2")
    assert (whole(desk, one).request.lat, whole(desk, one).request.address) == (49.4815, "Ludwigstraße 2")
    does(one, "take_back")
    assert whole(desk, one).request.address != "Ludwigstraße 2"
    [photo] = media.of_request(desk.core, int(one))
    boxes = [{"left": 0, "top": 0, "width": 0.5, "height": 0.5}]
    does(one, "photo", media_id=photo.id, alt="Eine Lampe", boxes=boxes)
    assert [(after.alt, len(after.boxes)) for after in media.of_request(desk.core, int(one))] == [
        ("Eine Lampe", 1)
    ]
    does(one, "status", status="IN_BEARBEITUNG")
    assert whole(desk, one).request.detailed_status == "IN_BEARBEITUNG"
    actors = {event.actor for event in whole(desk, one).history if event.actor.startswith("staff:")}
    assert len(actors) == 1


GOOD: dict[str, Any] = {
    "status": "GELOEST",
    "text": "Text",
    "unit": "GRUENFLAECHEN",
    "account_id": 1,
    "reason": "Grund",
    "day": "2026-07-01",
    "priority": "high",
    "service_code": "MUELL_WILD",
    "into": 1,
    "contractor": "X",
    "outcome": "publish",
    "lat": 49.4815,
    "long": 8.4465,
    "media_id": 1,
}


def good_body(act: Act) -> dict[str, Any]:
    """What the act asks for at least."""
    return {name: GOOD[name] for name, field in act.body().fields.items() if field.required}


ODD = ("a\0b", "\ud800", "x" * 30_000, None, 2**70, "9999-12-31", "0001-01-01")


def test_no_body_is_a_fault(desk: Desk, program: Program, number: str) -> None:
    for act in ACTS:
        good = good_body(act)
        bodies = [good | {name: odd} for name in act.body().fields for odd in ODD]
        for body in (*bodies, good | {"other": 1}, {}):
            answer = program.act(number, act.name, case_of(desk, number).revision, **body)
            assert answer.status_code < 500, (act.name, body)
            if body.get("day") == "9999-12-31":
                assert answer.status_code == 400, act.name
    headers = {"Authorization": f"Bearer {program.token}", "If-Match": '"1"'}
    for raw in (b"[]", b"{", b"\xff", b"null", b"[" * 5000, b"text=a"):
        kind = "application/x-www-form-urlencoded" if b"=" in raw else "application/json"
        answer = program.client.post(
            f"{API}/cases/{number}/note", data=raw, headers=headers, content_type=kind
        )
        assert answer.status_code == 400, raw


def test_asks_each_act_for_its_right(desk: Desk, bea: Employee, number: str, clock: Clock) -> None:
    reader = program_of(desk, bea, Right.SEE_REPORTS)
    assert reader.ask(f"/cases/{number}").json["may"] == ["see_reports"]
    answers = [reader.act(number, act.name, 1, **good_body(act)) for act in ACTS]
    assert {answer.status_code for answer in answers} == {403}
    assert reader.ask(f"/cases/{number}/contact").status_code == 403
    assert reader.ask("/figures").status_code == 403
    clock.forward(seconds=1)
    held = an_api(desk.core).report(**LAMP)
    assert reader.ask(f"/cases/{held}").status_code == 404


def test_counts_shows_views_and_says_where_a_report_would_go(
    desk: Desk, program: Program, number: str
) -> None:
    assert sum(program.ask("/figures").json["stages"].values()) == 1
    names = [view["name"] for view in program.ask("/views").json["views"]]
    assert {"open", "mine", "overdue"} <= {*names}
    route = program.ask("/routing?service_code=SPIELGERAET").json
    assert route["unit"]
    place = "service_code=SPIELGERAET&long=8&lat"
    for query in ("", "service_code=X", f"{place}=91", f"{place}=nan"):
        assert program.ask(f"/routing?{query}").status_code == 400, query
    assert program.ask("/routing?service_code=SPIELGERAET&jurisdiction_id=elsewhere").status_code == 404


def test_tokens_can_be_given_what_the_interface_asks_for_and_no_more() -> None:
    views = application().view_functions
    asked = {right for name, view in views.items() if name.startswith("staff_api.") for right in view.access}
    beside = {Right.SEE_HELD, Right.WRITE_PUBLIC}
    assert asked | beside == {*RIGHTS}


def test_the_stored_document_is_that_of_the_code() -> None:
    api = application().extensions["flask-smorest"]["apis"]["STAFF_"]["ext_obj"]
    assert document == json.loads(json.dumps(api.spec.to_dict())), "run `make openapi`"
