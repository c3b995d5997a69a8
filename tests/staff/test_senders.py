"""Blocked senders, and what makes a report look like abuse."""

from contextlib import closing
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import Connection, text

from open311.actions import keys
from open311.actions.desk import blocking
from open311.actions.reporting import report
from open311.actions.upkeep import housekeeping
from open311.core import Core
from open311.model.access.keys import Scope
from open311.model.desk.suspicious import Suspicious
from open311.model.staff.roles import Role
from open311.storage.desk.case import suspicion
from open311.storage.desk.case.suspicion import Reason, Suspicion
from open311.storage.mails import blocked_senders
from tests.actors import CLARA
from tests.opendata.live import a_live_core
from tests.serving import Api, Clock, MakeCore, an_api, first_city
from tests.staff.desk import CITY, Desk, Employee

KIM = "kim@example.org"


@pytest.fixture
def bea(desk: Desk) -> Employee:
    return desk.employee(Role.CHECKER)


@pytest.fixture
def api(core: Core) -> Api:
    return an_api(core)


def blocks(employee: Employee, status: int = 303, **fields: str) -> None:
    """Block somebody by the form."""
    usual = {"kind": "email", "sender": KIM, "reason": "Beleidigungen", "days": "30"}
    employee.get("/staff/senders")
    employee.post("/staff/senders", status, **usual | fields)


def visibility(conn: Connection, number: str) -> str:
    found = conn.execute(text("select visibility from service_requests where id = :n"), {"n": int(number)})
    return str(found.scalar_one())


@pytest.mark.parametrize(
    ("kind", "sender", "sent", "held"),
    [
        ("email", "KIM@example.org", {"email": "kim@EXAMPLE.org"}, True),
        ("email", KIM, {"email": "ute@example.org"}, False),
        ("domain", "@example.org", {"email": "ute@example.org"}, True),
        ("domain", "example.org", {"email": "ute@sub.example.org"}, False),
        ("phone", "+49 621 5043434", {"phone": "0621/50 43 434"}, True),
        ("phone", "0621 5043434", {"phone": "0621 5043435"}, False),
        ("email", KIM, {}, False),
    ],
)
def test_reports_of_a_blocked_sender_wait_for_their_check(
    bea: Employee, api: Api, conn: Connection, kind: str, sender: str, sent: dict[str, str], held: bool
) -> None:
    blocks(bea, kind=kind, sender=sender)
    assert visibility(conn, api.report(**sent)) == ("held" if held else "published")


def test_reports_by_a_blocked_key_wait_and_say_so(
    bea: Employee, api: Api, core: Core, conn: Connection
) -> None:
    secrets = {name: keys.add_key(core, name, {Scope.REPORT}, actor=CLARA) for name in ("app", "other")}
    blocks(bea, 400, kind="key", sender="nobody")
    assert "Einen API-Schlüssel namens „nobody“ gibt es nicht" in bea.text
    blocks(bea, kind="key", sender="app")
    sent = {name: api.report(api_key=secret) for name, secret in secrets.items()}
    assert visibility(conn, sent["app"]) == "held"
    assert visibility(conn, sent["other"]) == "published"
    # Known by its key alone: whoever sends it may say nothing of themselves.
    found = suspicion.of_requests(conn, [*map(int, sent.values())], core.now(), lambda _: Suspicious())
    assert Reason(Suspicion.BLOCKED, 1) in found[int(sent["app"])]
    assert Reason(Suspicion.BLOCKED, 1) not in found.get(int(sent["other"]), ())


def test_a_block_ends_by_itself(bea: Employee, api: Api, core: Core, conn: Connection, clock: Clock) -> None:
    blocks(bea)
    clock.forward(days=30)
    assert visibility(conn, api.report(email=KIM)) == "published"
    housekeeping.forget_old(core)
    assert conn.execute(text("select count(*) from blocked_senders")).scalar_one() == 0


def test_who_is_blocked_is_known_by_heart_until_that_changes(
    fresh_database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    core = a_live_core(fresh_database_url)
    core.database.freshness.listening = True
    api = an_api(core)
    with closing(core.database), core.database.read() as conn:
        # Asked once, whoever sends.
        assert visibility(conn, api.report(email=KIM)) == "published"
        with monkeypatch.context() as patched:
            patched.setattr(blocked_senders, "all_blocked", None)
            assert visibility(conn, api.report(phone="0621 5043434")) == "published"
        number = blocking.block(core, CITY, "domain", "example.org", "Beleidigungen", 30, CLARA)
        blocking.block(core, CITY, "phone", "0621 5043434", "Beleidigungen", 30, CLARA)
        assert visibility(conn, api.report(email=f" {KIM.upper()}")) == "held"
        assert visibility(conn, api.report(phone="+49 621 50 43 43 4")) == "held"
        blocking.unblock(core, CITY, number, CLARA)
        assert visibility(conn, api.report(email=KIM)) == "published"
        # Too many to be kept.
        monkeypatch.setattr(report, "MOST_IN_MEMORY", 0)
        blocking.block(core, CITY, "email", KIM, "Beleidigungen", 30, CLARA)
        assert visibility(conn, api.report(email=KIM)) == "held"


def test_a_sender_is_let_in_again(bea: Employee, api: Api, conn: Connection) -> None:
    blocks(bea)
    assert KIM in bea.get("/staff/senders").text
    sender_id = conn.execute(text("select id from blocked_senders")).scalar_one()
    bea.post(f"/staff/senders/{sender_id}/unblock", 303)
    assert visibility(conn, api.report(email=KIM)) == "published"
    assert bea.post(f"/staff/senders/{sender_id}/unblock").status_code == 404


def test_the_log_says_that_somebody_was_blocked_and_not_who(bea: Employee, conn: Connection) -> None:
    blocks(bea)
    [line] = conn.execute(text("select audit::text from audit where kind = 'sender_blocked'")).scalars()
    assert "kim" not in line


@pytest.mark.parametrize(
    "wrong",
    [
        {"sender": "kim"},
        {"kind": "domain", "sender": "nothing"},
        {"kind": "phone", "sender": "112"},
        {"kind": "odd"},
        {"reason": " "},
        {"reason": "x" * 501},
        {"days": "0"},
        {"days": "366"},
        {"days": "many"},
    ],
)
def test_what_cannot_be_blocked_is_told(bea: Employee, conn: Connection, wrong: dict[str, str]) -> None:
    blocks(bea, 400, **wrong)
    assert conn.execute(text("select count(*) from blocked_senders")).scalar_one() == 0


@pytest.mark.parametrize("role", [Role.READER, Role.OPERATOR, Role.WORKER, Role.LEAD, Role.ADMIN])
def test_only_checkers_block(desk: Desk, role: Role) -> None:
    somebody = desk.employee(role)
    assert somebody.get("/staff/senders").status_code == 403
    assert somebody.post("/staff/senders", kind="email", sender=KIM).status_code == 403


def reasons(core: Core, conn: Connection, number: str) -> list[Reason]:
    found = suspicion.of_requests(conn, [int(number)], core.now(), lambda city: Suspicious(("Casino",)))
    return list(found.get(int(number), ()))


@pytest.mark.parametrize(
    ("words", "count"),
    [("Gewinne im CASINO!", 1), ("Casinostraße", 0), ("Casino, casino", 2), ("nichts", 0)],
)
def test_words_of_the_catalogue_are_pointed_out(
    core: Core, api: Api, conn: Connection, words: str, count: int
) -> None:
    number = api.report(description=words)
    assert reasons(core, conn, number) == ([Reason(Suspicion.WORDS, count)] if count else [])


def test_words_and_links_count_as_the_catalogue_says() -> None:
    links = "https://a.example http://b.example"
    assert Suspicious().count_links(links) == 2
    assert Suspicious(links=False).count_links(links) == 0
    odd = Suspicious(("a.b", "a.b c", "c++"))
    assert [odd.count_words(text) for text in ("axb", "a.b c", "C++ und a.b", "")] == [0, 1, 2, 0]


def test_the_page_of_the_check_names_them(make_core: MakeCore) -> None:
    city = first_city()
    suspicious = replace(city.desk, suspicious=Suspicious(("Zebrastreifen",)))
    core = make_core(replace(city, desk=suspicious))
    sent = {"service_code": "MARKIERUNG", "description": "Zebrastreifen weg"}
    number = an_api(core).post(sent)[0]["service_request_id"]
    checker = Desk(core).employee(Role.CHECKER)
    for page in ("/staff/check", f"/staff/check/{number}"):
        checker.get(page)
        assert "Ein auffälliges Wort im Text" in checker.text


def test_many_of_one_sender_are_noticed(core: Core, api: Api, conn: Connection, clock: Clock) -> None:
    numbers = [api.report(email=KIM, description=f"Nummer {number}") for number in range(3)]
    assert reasons(core, conn, numbers[0]) == [Reason(Suspicion.MANY, 3)]
    clock.forward(days=2)
    assert reasons(core, conn, api.report(email=KIM)) == []
    assert reasons(core, conn, api.report(description="Ohne Absender")) == []


def test_the_same_words_are_noticed(core: Core, api: Api, conn: Connection) -> None:
    words = "Diese Stadt ist überall schmutzig"
    api.report(description=words)
    assert reasons(core, conn, api.report(description=words)) == [Reason(Suspicion.SAME_WORDS, 1)]
    api.report(description="Müll")
    assert reasons(core, conn, api.report(description="Müll")) == []


def test_links_are_counted(core: Core, api: Api, conn: Connection) -> None:
    one = api.report(description="Siehe https://example.org/1")
    two = api.report(description="Siehe https://example.org/1 und www.example.org")
    assert reasons(core, conn, one) == []
    assert reasons(core, conn, two) == [Reason(Suspicion.LINKS, 2)]


def test_reasons_stand_in_the_queue_and_on_the_page(bea: Employee, core: Core, api: Api) -> None:
    blocking.block(core, CITY, "email", KIM, "Beleidigungen", 30, CLARA)
    number = api.report(email=KIM)
    for path in ("/staff/check", f"/staff/check/{number}"):
        assert "Absender ist gesperrt" in bea.get(path).text


def test_a_block_is_for_one_city(core: Core, api: Api, conn: Connection) -> None:
    blocking.block(core, "elsewhere.de", "email", KIM, "Beleidigungen", 30, CLARA)
    assert visibility(conn, api.report(email=KIM)) == "published"
    ends = conn.execute(text("select ends_datetime - created_datetime from blocked_senders")).scalar_one()
    assert ends == timedelta(days=30)
