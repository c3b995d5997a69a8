"""Signing in."""

from datetime import timedelta

import pytest

from open311.actions.staff_accounts import sign_in
from open311.actions.staff_accounts.sign_in import Sender
from open311.adapters.signing_in import one_time_codes
from open311.base.errors import Invalid, TooManyRequests
from open311.core import Core
from open311.model.staff.roles import Role
from tests.serving import Clock
from tests.staff.desk import HERE, PASSWORD, Desk, codes, membership, offered


def test_leads_to_the_page_that_was_asked_for(desk: Desk) -> None:
    desk.account(membership(Role.READER))
    visitor = desk.visitor()
    asked = visitor.get("/staff/me")
    assert asked.status_code == 303
    assert asked.location == "/staff/login?next=/staff/me"
    signed = visitor.post("/staff/login", email="bea@stadt.example", password=PASSWORD, next="/staff/me")
    assert (signed.status_code, signed.location) == (303, "/staff/me")
    assert visitor.get("/staff/me").status_code == 200
    assert "Bea Muster" in visitor.text


def test_leads_nowhere_else(desk: Desk) -> None:
    desk.account(membership(Role.READER))
    for elsewhere in (
        "https://evil.example",
        "//evil.example",
        "/staff//evil.example",
        "/\\evil",
        "/reports/1",
        "/staffx",
    ):
        visitor = desk.visitor()
        signed = visitor.post("/staff/login", email="bea@stadt.example", password=PASSWORD, next=elsewhere)
        assert (signed.status_code, signed.location) == (303, "/staff")


def test_says_the_same_of_a_wrong_password_and_of_nobody(desk: Desk) -> None:
    desk.account(membership(Role.READER))
    answers = set()
    for email in ("bea@stadt.example", "nobody@stadt.example"):
        visitor = desk.visitor()
        assert visitor.post("/staff/login", email=email, password="something else").status_code == 400
        answers.add(visitor.text)
        assert not visitor.signed_in
    assert len(answers) == 1


ODD = ("", "\0", "a\0b@stadt.example", "x" * 100_000, "ß@ß", "' or 1=1 --", "\u202e@x")


@pytest.mark.parametrize("email", ODD, ids=range(len(ODD)))
def test_takes_odd_addresses_as_nobodys(desk: Desk, email: str) -> None:
    assert desk.visitor().post("/staff/login", email=email, password="\0").status_code == 400


def test_asks_whoever_sees_personal_data_for_a_second_factor(desk: Desk, clock: Clock) -> None:
    checker = desk.employee(Role.CHECKER)
    assert checker.secret
    clock.forward(minutes=1)
    again = desk.visitor()
    sent = again.post("/staff/login", email="bea@stadt.example", password=PASSWORD)
    assert sent.location == "/staff/login/code"
    assert not again.signed_in
    code = one_time_codes.code_at(checker.secret, clock())
    assert again.post("/staff/login/code", code=f"{code[:3]} {code[3:]}").location == "/staff"
    assert again.signed_in


def test_takes_a_code_once(desk: Desk, clock: Clock) -> None:
    checker = desk.employee(Role.CHECKER)
    clock.forward(minutes=1)
    code = one_time_codes.code_at(checker.secret, clock())
    for expected in (303, 400):
        visitor = desk.visitor()
        visitor.post("/staff/login", email="bea@stadt.example", password=PASSWORD)
        assert visitor.post("/staff/login/code", code=code).status_code == expected
        assert visitor.signed_in is (expected == 303)


def test_takes_a_recovery_code_once(desk: Desk) -> None:
    reader = desk.employee(Role.READER)
    reader.post("/staff/confirm", password=PASSWORD)
    page = reader.get("/staff/me/factor").text
    secret, sealed = offered(page)
    shown = reader.post(
        "/staff/me/factor", sealed=sealed, code=one_time_codes.code_at(secret, desk.core.now())
    )
    [code, *others] = codes(shown.text)
    assert len(others) == 9
    for expected in (303, 400):
        visitor = desk.visitor()
        visitor.post("/staff/login", email="bea@stadt.example", password=PASSWORD)
        assert visitor.post("/staff/login/code", code=code.lower()).status_code == expected


def test_makes_whoever_guesses_wait_and_never_keeps_anybody_out(desk: Desk, clock: Clock) -> None:
    desk.account(membership(Role.READER))
    visitor = desk.visitor()
    statuses = []

    def guess_by_page() -> int:
        return visitor.post("/staff/login", email="bea@stadt.example", password="wrong").status_code

    def guess() -> int:
        try:
            sign_in.sign_in(desk.core, "bea@stadt.example", "wrong", Sender("127.0.0.1", "a browser"))
        except Invalid:
            return 400
        except TooManyRequests:
            return 429
        return 303

    for number in range(1000):
        clock.forward(seconds=1)
        # The page around it is most of the work, and the same each time.
        statuses.append(guess() if number % 10 else guess_by_page())
    # 17 minutes of guessing each second: the brake of one address on one account lets a handful through.
    assert statuses[:5] == [400] * 5
    assert 10 <= statuses.count(400) <= 20
    assert set(statuses) == {400, 429}
    refused = visitor.post("/staff/login", email="bea@stadt.example", password=PASSWORD)
    assert refused.status_code == 429
    clock.forward(seconds=int(refused.headers["Retry-After"]))
    assert visitor.post("/staff/login", email="bea@stadt.example", password=PASSWORD).status_code == 303


def test_makes_other_addresses_wait_for_half_a_minute_at_most(desk: Desk, clock: Clock) -> None:
    desk.account(membership(Role.READER))
    for number in range(40):
        clock.forward(minutes=1)
        strangers = desk.visitor()
        strangers.client.environ_base["REMOTE_ADDR"] = f"198.51.100.{number}"
        strangers.post("/staff/login", email="bea@stadt.example", password="wrong")
    owner = desk.visitor()
    refused = owner.post("/staff/login", email="bea@stadt.example", password=PASSWORD)
    assert refused.status_code == 429
    assert int(refused.headers["Retry-After"]) <= 30
    clock.forward(seconds=30)
    assert owner.post("/staff/login", email="bea@stadt.example", password=PASSWORD).status_code == 303


def test_begins_a_session_of_its_own_each_time(desk: Desk) -> None:
    desk.account(membership(Role.READER))
    visitor = desk.visitor()
    visitor.client.set_cookie("open311-staff", "chosen-by-somebody-else", path="/staff")
    visitor.post("/staff/login", email="bea@stadt.example", password=PASSWORD)
    cookie = visitor.client.get_cookie("open311-staff", path="/staff")
    assert cookie is not None
    assert cookie.value != "chosen-by-somebody-else"
    assert len(cookie.value) == 32


def test_is_over_after_an_hour_without_a_click_and_after_twelve_hours(desk: Desk, clock: Clock) -> None:
    reader = desk.employee(Role.READER)
    for _ in range(10):
        clock.forward(minutes=55)
        assert reader.signed_in
    clock.forward(minutes=66)
    assert not reader.signed_in
    desk.sign_in(reader)
    for _ in range(14):
        clock.forward(minutes=50)
        assert reader.signed_in
    clock.forward(minutes=21)
    assert not reader.signed_in


def test_is_over_when_the_account_ends(desk: Desk, core: Core, clock: Clock) -> None:
    from open311.actions.staff_accounts import accounts
    from open311.model.access.actor import cli_actor

    reader = desk.employee(Role.READER)
    until = clock() + timedelta(minutes=30)
    accounts.change(core, cli_actor(), reader.account_id, "Bea Muster", reader.email, until)
    assert reader.signed_in
    clock.forward(minutes=31)
    assert not reader.signed_in
    assert reader.post("/staff/login", email=reader.email, password=PASSWORD).status_code == 400


def test_can_be_left_again(desk: Desk) -> None:
    reader = desk.employee(Role.READER)
    left = reader.post("/staff/logout")
    assert left.location == "/staff/login?done=signed_out"
    assert not reader.signed_in
    assert "Sie sind abgemeldet." in desk.visitor().client.get("/staff/login?done=signed_out").text


def test_stores_neither_password_nor_cookie_nor_secret(desk: Desk, conn: object) -> None:
    from sqlalchemy import text

    checker = desk.employee(Role.CHECKER)
    cookie = checker.client.get_cookie("open311-staff", path="/staff")
    assert cookie is not None
    for table in ("accounts", "sessions", "account_links", "account_codes", "audit"):
        rows = str(conn.execute(text(f"select * from {table}")).all())
        for secret in (PASSWORD, cookie.value, checker.secret):
            assert secret not in rows


def test_refuses_forms_of_other_sites(desk: Desk) -> None:
    desk.account(membership(Role.READER))
    sent = {"email": "bea@stadt.example", "password": PASSWORD}
    client = desk.visitor().client
    foreign: tuple[dict[str, str], ...] = (
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example"},
        {},
    )
    for headers in foreign:
        assert client.post("/staff/login", data=sent, headers=headers).status_code == 403
    assert client.post("/staff/login", data=sent, headers={"Origin": "http://localhost"}).status_code == 303
    assert client.post("/staff/login", data=sent, headers=HERE).status_code == 303
