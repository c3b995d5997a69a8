"""One's own account."""

import pytest
from sqlalchemy import Connection, text

from open311.adapters.signing_in import one_time_codes
from open311.model.staff.roles import Role
from tests.serving import Clock, MakeCore
from tests.staff.desk import HERE, PASSWORD, Desk, Employee, codes, offered

NEW = "fünf Finken fliegen fort"


@pytest.fixture
def bea(desk: Desk) -> Employee:
    """A checker, who has a second factor."""
    return desk.employee(Role.CHECKER)


def another_session(desk: Desk, employee: Employee, clock: Clock) -> Employee:
    """The same person in another browser."""
    clock.forward(minutes=1)
    found = Employee(desk.visitor().client, employee.account_id, employee.email, employee.secret)
    found.post("/staff/login", email=employee.email, password=PASSWORD)
    if employee.secret:
        found.post("/staff/login/code", code=one_time_codes.code_at(employee.secret, clock()))
    assert found.signed_in
    return found


def test_shows_and_ends_ones_own_sessions(desk: Desk, bea: Employee, clock: Clock) -> None:
    other = another_session(desk, bea, clock)
    page = bea.get("/staff/me")
    assert page.text.count('name="session"') == 2
    assert "diese hier" in bea.text
    bea.post("/staff/me/sessions", 303, session="others")
    assert bea.signed_in
    assert not other.signed_in


def test_ends_nobody_elses_session(desk: Desk, bea: Employee, conn: Connection) -> None:
    other = desk.employee(Role.READER, email="cem@stadt.example", name="Cem")
    wanted = text("select id from sessions where account_id = :account_id and stage = 'full'")
    for number in conn.execute(wanted, {"account_id": other.account_id}).scalars().all():
        bea.post("/staff/me/sessions", 303, session=str(number))
    assert other.signed_in


@pytest.mark.parametrize("session", ["", "x", "-1", "9" * 30, "1 or 1=1"])
def test_takes_odd_numbers_of_sessions(bea: Employee, session: str) -> None:
    bea.post("/staff/me/sessions", 303, session=session)
    assert bea.signed_in


def test_a_new_password_ends_every_other_session(desk: Desk, bea: Employee, clock: Clock) -> None:
    other = another_session(desk, bea, clock)
    before = bea.client.get_cookie("open311-staff", path="/staff")
    bea.post("/staff/me/password", 400, old_password="wrong", new_password=NEW, again=NEW)
    assert "nicht Ihr Kennwort" in bea.text
    bea.post("/staff/me/password", 400, old_password=PASSWORD, new_password=NEW, again="another")
    bea.post("/staff/me/password", 400, old_password=PASSWORD, new_password=PASSWORD, again=PASSWORD)
    assert "bisheriges Kennwort" in bea.text
    bea.post("/staff/me/password", 303, old_password=PASSWORD, new_password=NEW, again=NEW)
    after = bea.client.get_cookie("open311-staff", path="/staff")
    assert before is not None
    assert after is not None
    assert before.value != after.value
    assert bea.signed_in
    assert not other.signed_in
    assert desk.visitor().post("/staff/login", email=bea.email, password=PASSWORD).status_code == 400


def test_whoever_found_an_open_desk_cannot_guess_the_password_there(bea: Employee) -> None:
    tries = [
        bea.post("/staff/me/password", old_password="x", new_password=NEW, again=NEW).status_code
        for _ in range(8)
    ]
    assert 429 in tries


def test_the_language_and_the_keys_are_kept(desk: Desk, bea: Employee, clock: Clock) -> None:
    assert "Mein Tag" in bea.get("/staff").text
    assert 'id="keys" name="keys" value="1" checked' in bea.get("/staff/me").text
    bea.post("/staff/me", 303, language="en", mails="at_once")
    assert bea.get("/staff").headers["Content-Language"] == "en"
    assert 'id="keys" name="keys" value="1" checked' not in bea.get("/staff/me").text
    assert "My day" in another_session(desk, bea, clock).get("/staff").text
    bea.post("/staff/me", 400, language="xx")


def test_another_app_takes_the_place_of_the_old_one(desk: Desk, bea: Employee, clock: Clock) -> None:
    other = another_session(desk, bea, clock)
    secret, sealed = offered(bea.get("/staff/me/factor").text)
    bea.post("/staff/me/factor", 400, sealed=sealed, code="000000")
    again, sealed = offered(bea.response.text)
    assert again == secret
    shown = bea.post("/staff/me/factor", 200, sealed=sealed, code=one_time_codes.code_at(secret, clock()))
    assert len(set(codes(shown.text))) == 10
    assert bea.signed_in
    assert not other.signed_in


def test_what_was_offered_to_somebody_else_or_long_ago_is_not_taken(desk: Desk, bea: Employee) -> None:
    cem = desk.employee(Role.CHECKER, email="cem@stadt.example", name="Cem")
    secret, sealed = offered(cem.get("/staff/me/factor").text)
    code = one_time_codes.code_at(secret, desk.core.now())
    for odd in (sealed, "", "nonsense", sealed[:-4] + "AAAA", "ä"):
        bea.post("/staff/me/factor", 400, sealed=odd, code=code)


def test_new_recovery_codes_void_the_old_ones(desk: Desk, bea: Employee, clock: Clock) -> None:
    [first, *_] = codes(bea.post("/staff/me/codes", 200, renew="1").text)
    [second, *_] = codes(bea.post("/staff/me/codes", 200, renew="1").text)
    for code, status in ((first, 400), (second, 303)):
        visitor = desk.visitor()
        visitor.post("/staff/login", email=bea.email, password=PASSWORD)
        assert visitor.post("/staff/login/code", code=code).status_code == status


def test_a_second_factor_that_is_demanded_stays(bea: Employee) -> None:
    bea.post("/staff/me/factor/remove", 403, remove="1")


def test_without_a_demand_it_can_go(make_core: MakeCore, clock: Clock) -> None:
    desk = Desk(make_core(OPEN311_SECOND_FACTOR="off"))
    bea = desk.employee(Role.CHECKER)
    # Without an app there is nothing to renew or take away.
    bea.post("/staff/me/codes", 303, renew="1")
    bea.post("/staff/me/factor/remove", 303, remove="1")
    secret, sealed = offered(bea.get("/staff/me/factor").text)
    bea.post("/staff/me/factor", 200, sealed=sealed, code=one_time_codes.code_at(secret, clock()))
    bea.post("/staff/me/factor/remove", 303, remove="1")
    assert desk.visitor().post("/staff/login", email=bea.email, password=PASSWORD).location == "/staff"


def test_a_secret_that_cannot_be_opened_is_told(
    desk: Desk, bea: Employee, conn: Connection, clock: Clock
) -> None:
    conn.execute(text("update accounts set totp_secret = 'sealed with a key that is gone'"))
    clock.forward(minutes=1)
    visitor = desk.visitor()
    visitor.post("/staff/login", email=bea.email, password=PASSWORD)
    assert visitor.post("/staff/login/code", code="123456").status_code == 400


def test_a_page_of_the_desk_is_not_for_half_a_sign_in(desk: Desk, bea: Employee) -> None:
    half = desk.visitor()
    half.post("/staff/login", email=bea.email, password=PASSWORD)
    for path in ("/staff", "/staff/me", "/staff/me/factor", "/staff/alive"):
        assert half.get(path).location == f"/staff/login/code?next={path}"
    posted = half.client.post(
        "/staff/me/password", data={"old_password": PASSWORD, "new_password": NEW}, headers=HERE
    )
    assert "old_password" not in posted.text
