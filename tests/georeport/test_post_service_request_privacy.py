"""POST service request: what a person says about himself is for staff, and in no public answer."""

import json

import pytest
from sqlalchemy import Connection, text

from open311.actions import casework
from open311.adapters import log_output
from open311.core import Core
from open311.model.access.keys import Scope
from tests.actors import CLARA
from tests.builders import a_catalogue, a_vehicle_service
from tests.serving import BASE, Api, Clock, MakeCore, an_api

PERSONAL = {
    "email": "kim.geheim@example.org",
    "phone": "0621-5550199",
    "first_name": "Vornamegeheim",
    "last_name": "Nachnamegeheim",
    "device_id": "device-geheim-7",
    "account_id": "account-geheim-8",
}
PRIVATE_ANSWER = "LU-GE 911"
UNKNOWN_ANSWER = "unbekannt-geheim-9"
CLIENT_REQUEST = "client-geheim-10"
SECRETS = (*PERSONAL.values(), PRIVATE_ANSWER, UNKNOWN_ANSWER, CLIENT_REQUEST)
SENT = PERSONAL | {
    "service_code": "FAHRZEUG_ALT",
    "attribute[FARBE]": "blau",
    "attribute[KENNZEICHEN]": PRIVATE_ANSWER,
    "attribute[fixmystreet_id]": UNKNOWN_ANSWER,
    "client_request_id": CLIENT_REQUEST,
    "description": "Steht seit Wochen",
}


@pytest.fixture
def core(make_core: MakeCore) -> Core:
    """A Core whose one service asks for a number plate, and publishes at once; every line is logged."""
    return make_core(a_catalogue(a_vehicle_service(moderated=False)), OPEN311_LOG_LEVEL="debug")


def listen(core: Core) -> None:
    """Let `capsys` see the log: pytest gives each phase of a test a standard error of its own."""
    log_output.configure(core.settings)


def public_answers(api: Api, number: str) -> list[str]:
    """Every way to read a report."""
    paths = [f"/requests/{number}", "/requests", f"/request/{number}"]
    queries = [
        {},
        {"extensions": "true"},
        {"service_request_id": number, "extensions": "true"},
        {"q": "Wochen", "extensions": "true"},
        {"page": "1", "page_size": "10", "extensions": "all"},
        {"updated_after": "2026-01-01T00:00:00Z", "extensions": "1"},
    ]
    answers = []
    for path in paths:
        for suffix in (".json", ".xml", ".geojson", "", ".csv"):
            for query in queries:
                answer = api.raw(f"{path}{suffix}", **query)
                answers.append(f"{answer.headers}\n{answer.text}")
    return answers


def test_nothing_personal_is_in_any_answer_or_log(
    api: Api, core: Core, clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    """R-135, R-056, R-194."""
    listen(core)
    receipt = api.post(SENT)
    number = receipt[0]["service_request_id"]
    clock.forward(minutes=1)
    casework.set_status(core, int(number), "fixed", CLARA, "Abgeschleppt.")
    answers = [json.dumps(receipt), *public_answers(api, number)]
    assert sum(number in answer for answer in answers) > 10
    logged = "".join(capsys.readouterr())
    assert '"path":"/open311/v2/requests.json"' in logged
    for secret in (*SECRETS, api.key, "cli:clara"):
        assert all(secret not in answer for answer in answers), secret
        assert secret not in logged, secret


def test_key_that_sees_what_is_held_sees_no_persons(core: Core) -> None:
    """R-135: not even programs of the city, by this door."""
    api = an_api(core, Scope.REPORT, Scope.READ_HELD)
    number = api.report(**SENT)
    api.headers["Authorization"] = f"Bearer {api.key}"
    for answer in public_answers(api, number):
        assert all(secret not in answer for secret in SECRETS)


def test_staff_see_it(api: Api, core: Core) -> None:
    """R-135: stored for staff."""
    case = casework.show(core, int(api.report(**SENT)), CLARA)
    reporter = dict(case.reporter)
    assert {name: reporter[name] for name in PERSONAL} == PERSONAL
    assert reporter["attributes"] == {"KENNZEICHEN": [PRIVATE_ANSWER]}


@pytest.mark.parametrize("secret", [*PERSONAL.values(), PRIVATE_ANSWER, UNKNOWN_ANSWER])
def test_search_does_not_find_persons(api: Api, secret: str) -> None:
    """R-135, R-193."""
    api.report(**SENT)
    assert api.get("/requests", q=secret) == []


def test_public_tables_hold_nothing_personal(api: Api, conn: Connection) -> None:
    """R-135: personal data are in a table of their own, so that deleting them is deleting rows there."""
    api.report(**SENT)
    for table in ("service_requests", "events", "tokens", "procrastinate_jobs", "submissions"):
        rows = "".join(conn.execute(text(f"select t::text from {table} t")).scalars())
        for secret in (*PERSONAL.values(), PRIVATE_ANSWER):
            assert secret not in rows, table


def test_report_without_a_person_stores_none(api: Api, conn: Connection) -> None:
    """R-135."""
    api.report(service_code="FAHRZEUG_ALT", **{"attribute[FARBE]": "blau"})
    assert conn.execute(text("select count(*) from reporters")).scalar_one() == 0


def test_refusal_repeats_nothing_personal(api: Api, core: Core, capsys: pytest.CaptureFixture[str]) -> None:
    """R-135, R-056."""
    listen(core)
    for fields in (
        {"lat": "91"},
        {"attribute[FARBE]": "lila"},
        {"service_code": "NIRGENDS"},
        {"api_key": "k-geheim"},
    ):
        for suffix in (".json", ".xml"):
            answer = api.client.post(
                f"{BASE}/requests{suffix}",
                data={"api_key": api.key, "lat": "49.48", "long": "8.44"} | SENT | fields,
            )
            assert answer.status_code in (400, 403, 404)
            assert all(secret not in answer.text for secret in (*SECRETS, api.key, "k-geheim"))
    logged = "".join(capsys.readouterr())
    assert all(secret not in logged for secret in (*SECRETS, api.key, "k-geheim"))


def test_fault_of_the_database_tells_nothing_personal(
    api: Api, core: Core, conn: Connection, capsys: pytest.CaptureFixture[str]
) -> None:
    """R-135, R-187: neither to the sender nor in the log."""
    listen(core)
    conn.execute(
        text("create function fails() returns trigger language plpgsql as $$ begin raise 'broken'; end $$")
    )
    conn.execute(
        text("create trigger fails before insert on reporters for each row execute function fails()")
    )
    errors = api.post(SENT, status=500)
    assert errors[0]["code"] == 500
    logged = "".join(capsys.readouterr())
    assert "broken" in logged
    for secret in (*PERSONAL.values(), PRIVATE_ANSWER, api.key):
        assert secret not in logged
        assert secret not in json.dumps(errors)


def test_key_in_the_query_is_not_logged(api: Api, core: Core, capsys: pytest.CaptureFixture[str]) -> None:
    """R-056."""
    listen(core)
    answer = api.client.post(
        f"{BASE}/requests.json",
        query_string={"api_key": api.key},
        data={"lat": "49.48", "long": "8.44", "service_code": "FAHRZEUG_ALT", "attribute[FARBE]": "blau"},
    )
    assert answer.status_code == 200
    logged = "".join(capsys.readouterr())
    assert '"status":200' in logged
    assert api.key not in logged
