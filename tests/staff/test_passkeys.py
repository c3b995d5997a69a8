"""Passkeys: made with the password at hand, enough to sign in by themselves, and good for nothing else."""

import json
from typing import Any

import pytest
from lxml import html
from sqlalchemy import Connection, text

from open311.actions.staff_accounts import accounts
from open311.core import Core
from open311.model.access.actor import cli_actor
from open311.model.staff.roles import Role
from tests.serving import Clock
from tests.staff.authenticator import Device
from tests.staff.desk import PASSWORD, Desk, Employee

LOGIN = "/staff/login"


def offer(employee: Employee, path: str = LOGIN) -> tuple[dict[str, Any], str]:
    """What a page asks a browser for, and the challenge that comes back with the form."""
    [form] = html.fromstring(employee.get(path).text).xpath("//form[@data-passkey]")
    [sealed] = form.xpath("input[@name='challenge']/@value")
    return json.loads(form.get("data-options")), sealed


def makes(employee: Employee, device: Device, name: str = "Diensttelefon", status: int = 303) -> None:
    """Make a key by the page."""
    options, sealed = offer(employee, "/staff/me/passkeys")
    answer = device.make(options)
    employee.post("/staff/me/passkeys", status, name=name, challenge=sealed, credential=answer)


@pytest.fixture
def bea(desk: Desk) -> Employee:
    """A checker who is signed in."""
    return desk.employee(Role.CHECKER)


@pytest.fixture
def phone(bea: Employee) -> Device:
    """Her device, with a key for her account."""
    device = Device()
    makes(bea, device)
    return device


def signs_in(desk: Desk, device: Device, **changed: str) -> Employee:
    """Somebody who answers on the login page with this device."""
    visitor = desk.visitor()
    options, sealed = offer(visitor)
    sent = {"challenge": sealed, "credential": device.sign(options)} | changed
    visitor.post(f"{LOGIN}/passkey", **sent)
    return visitor


def test_signs_in_without_password_and_code(
    desk: Desk, bea: Employee, phone: Device, conn: Connection
) -> None:
    visitor = signs_in(desk, phone)
    assert visitor.response.location == "/staff"
    assert visitor.signed_in
    assert signs_in(desk, phone).signed_in
    kinds = conn.execute(text("select kind from audit order by id desc limit 3")).scalars().all()
    assert kinds == ["signed_in", "signed_in", "passkey_added"]


def test_takes_the_place_of_the_code_and_goes_on_to_the_page_that_was_asked_for(
    desk: Desk, bea: Employee, phone: Device
) -> None:
    visitor = desk.visitor()
    visitor.post(f"{LOGIN}?next=/staff/me", 303, email=bea.email, password=PASSWORD)
    options, sealed = offer(visitor, f"{LOGIN}/code?next=/staff/me")
    answer = phone.sign(options)
    visitor.post(f"{LOGIN}/passkey", 303, challenge=sealed, credential=answer, next="/staff/me")
    assert visitor.response.location == "/staff/me"


def test_an_answer_opens_once_and_in_time(desk: Desk, phone: Device, bea: Employee) -> None:
    visitor = desk.visitor()
    options, sealed = offer(visitor)
    answer = phone.sign(options)
    visitor.post(f"{LOGIN}/passkey", 303, challenge=sealed, credential=answer)
    thief = desk.visitor()
    thief.post(f"{LOGIN}/passkey", 400, challenge=sealed, credential=answer)
    assert "gehört zu keinem Konto" in thief.text
    assert not thief.signed_in
    old = desk.visitor()
    old.post(f"{LOGIN}/passkey", 400, challenge=sealed[:-4] + "AAAA", credential=answer)
    assert "zu lange offen" in old.text


@pytest.mark.parametrize(
    "device",
    [Device(), Device(origin="https://evil.example"), Device(unlocked=False)],
    ids=["unknown", "of another site", "locked"],
)
def test_no_other_device_gets_in(desk: Desk, phone: Device, device: Device) -> None:
    if device.origin != phone.origin or not device.unlocked:
        device.key, device.credential_id = phone.key, phone.credential_id
    visitor = signs_in(desk, device)
    assert visitor.response.status_code == 400
    assert not visitor.signed_in


def test_a_key_of_another_device_under_the_same_id_opens_nothing(desk: Desk, phone: Device) -> None:
    assert not signs_in(desk, Device(credential_id=phone.credential_id)).signed_in


@pytest.mark.parametrize(
    "odd", ["", "{}", "[]", "null", '{"rawId": 7}', '{"rawId": "ä"}', "[" * 5000, "x" * 30000]
)
def test_nonsense_is_refused_in_words(desk: Desk, phone: Device, odd: str) -> None:
    visitor = signs_in(desk, phone, credential=odd)
    assert visitor.response.status_code == 400
    assert "Melden Sie sich mit Kennwort und Code an" in visitor.text


@pytest.mark.parametrize("odd", ["{}", "[]", "null", "7", "1.5", '"x"', '{"rawId": 7}', "[" * 5000])
def test_nonsense_makes_no_key(bea: Employee, odd: str) -> None:
    _, sealed = offer(bea, "/staff/me/passkeys")
    bea.post("/staff/me/passkeys", 400, name="Zweites", challenge=sealed, credential=odd)


def test_a_challenge_to_make_a_key_signs_nobody_in_and_the_other_way_round(
    desk: Desk, bea: Employee, phone: Device
) -> None:
    options, sealed = offer(bea, "/staff/me/passkeys")
    visitor = desk.visitor()
    answer = phone.sign({"rpId": options["rp"]["id"], "challenge": options["challenge"]})
    visitor.post(f"{LOGIN}/passkey", 400, challenge=sealed, credential=answer)
    asked, for_login = offer(desk.visitor())
    made = Device().make({"rp": options["rp"], "challenge": asked["challenge"]})
    bea.post("/staff/me/passkeys", 400, name="Zweites", challenge=for_login, credential=made)


def test_a_removed_key_opens_nothing(desk: Desk, bea: Employee, phone: Device, conn: Connection) -> None:
    [number] = conn.execute(text("select id from account_passkeys")).scalars()
    other = desk.employee(Role.CHECKER, email="cem@stadt.example")
    other.post("/staff/me/passkeys", 404, remove=number)
    bea.post("/staff/me/passkeys", 303, remove=number)
    assert not signs_in(desk, phone).signed_in


def test_whoever_left_or_was_reset_keeps_no_key(
    desk: Desk, bea: Employee, phone: Device, core: Core, conn: Connection
) -> None:
    accounts.reset(core, cli_actor(), bea.account_id, factor=True, by_mail=False)
    assert not signs_in(desk, phone).signed_in
    assert conn.execute(text("select count(*) from account_passkeys")).scalar_one() == 0


def test_a_key_is_made_with_the_password_at_hand_a_name_and_once(
    bea: Employee, phone: Device, clock: Clock
) -> None:
    makes(bea, phone, status=400)
    assert "gehört schon zu einem Konto" in bea.text
    makes(bea, Device(), name=" ", status=400)
    assert "Geben Sie dem Passkey einen Namen" in bea.text
    clock.forward(minutes=11)
    assert bea.get("/staff/me/passkeys").location == "/staff/confirm?next=/staff/me/passkeys"
