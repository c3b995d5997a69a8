"""Administration: who gets an account, a role, a link, and what happens when somebody leaves."""

import re
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Connection, text

from open311.actions.staff_accounts import accounts, own_account, staff_retention
from open311.base.errors import Forbidden, Invalid, NotFound
from open311.core import Core
from open311.model.access.actor import cli_actor, staff_actor
from open311.model.staff.accounts import Account, AccountState
from open311.model.staff.roles import Role
from open311.operations import doctor
from open311.storage.staff_accounts import accounts as storage
from tests.serving import Clock, an_api
from tests.staff.desk import CITY, PASSWORD, SENDER, Desk, Employee, membership

NEW = {
    "action": "add",
    "name": "Cem Muster",
    "email": "cem@stadt.example",
    "language": "de",
    "jurisdiction_id": CITY,
    "role": "worker",
    "units": "STADTREINIGUNG",
}
LINK = re.compile(r"/staff/welcome/([\w-]{32})")


@pytest.fixture
def ada(desk: Desk) -> Employee:
    """An administrator who is signed in."""
    return desk.employee(Role.ADMIN, email="ada@stadt.example", name="Ada Muster")


def found(core: Core, email: str) -> Account:
    """An account by its address."""
    with core.database.read() as conn:
        account = storage.by_email(conn, email)
    assert account is not None
    return account


def test_the_doctor_asks_for_who_makes_accounts_and_who_checks(desk: Desk, core: Core) -> None:
    def missing() -> list[str]:
        return [one.advice.partition(",")[0] for one in doctor.examine(core) if one.about == "accounts"]

    nobody_gives, nobody_checks = missing()
    assert nobody_gives.startswith(f"{CITY} has nobody who makes accounts; `open311 account add")
    assert nobody_checks == f"{CITY} has nobody who checks reports"
    desk.employee(Role.ADMIN, email="ada@stadt.example", name="Ada Muster")
    assert missing() == [nobody_checks]
    desk.employee(Role.CHECKER, email="pia@stadt.example", name="Pia Muster")
    assert missing() == []


def test_invites_by_a_link_that_is_good_once(desk: Desk, ada: Employee, core: Core) -> None:
    page = ada.post("/staff/admin/accounts/new", 200, **NEW)
    link = LINK.search(page.text)
    assert link
    visitor = desk.visitor()
    for _ in range(3):
        # Whoever scans mails opens every link.
        assert "Willkommen" in visitor.get(link[0]).text
    assert found(core, "cem@stadt.example").state is AccountState.INVITED
    sent = {"name": "Cem Muster", "password": PASSWORD, "again": PASSWORD}
    assert visitor.post(link[0], **sent).location == "/staff/login/factor"
    assert found(core, "cem@stadt.example").state is AccountState.ACTIVE
    assert desk.visitor().get(link[0]).status_code == 404
    assert desk.visitor().post(link[0], **sent).status_code == 404


def test_a_link_ends_after_a_week_and_when_there_is_a_newer_one(desk: Desk, core: Core, clock: Clock) -> None:
    account_id = accounts.add(core, cli_actor(), "Cem", "cem@stadt.example", "de", [membership(Role.READER)])
    first, second = (accounts.invite(core, cli_actor(), account_id).rpartition("/")[2] for _ in range(2))
    with pytest.raises(NotFound):
        own_account.account_of_link(core, first)
    clock.forward(days=7)
    with pytest.raises(NotFound):
        own_account.account_of_link(core, second)


@pytest.mark.parametrize(
    ("password", "words"),
    [
        ("wenig", "zu kurz"),
        ("passwortpasswort", "leicht zu erraten"),
        ("ludwigshafen.de", "leicht zu erraten"),
        ("cem@stadt.example", "leicht zu erraten"),
        ("x" * 201, "länger als 200"),
    ],
)
def test_takes_no_password_that_is_easy_to_guess(desk: Desk, core: Core, password: str, words: str) -> None:
    account_id = accounts.add(core, cli_actor(), "Cem", "cem@stadt.example", "de", [membership(Role.READER)])
    link = accounts.invite(core, cli_actor(), account_id)
    visitor = desk.visitor()
    path = "/staff/welcome/" + link.rpartition("/")[2]
    visitor.post(path, 400, name="Cem", password=password, again=password)
    assert words in visitor.text
    assert password not in visitor.response.text.replace("cem@stadt.example", "", 3)
    assert visitor.post(path, name="Cem", password=PASSWORD, again=PASSWORD).status_code == 303


@pytest.mark.parametrize(
    "password",
    [
        "çé ñ ÿ мир 中文字 zebra",
        "    leading blanks stay    ",
        "'; drop table accounts; --",
        "\u200b\u202e Lampions \U0001f3ee leuchten",
    ],
)
def test_takes_any_characters_in_a_password(desk: Desk, core: Core, password: str) -> None:
    account_id = accounts.add(core, cli_actor(), "Cem", "cem@stadt.example", "de", [membership(Role.READER)])
    link = accounts.invite(core, cli_actor(), account_id)
    own_account.take_up(core, link.rpartition("/")[2], "Cem", password, SENDER)
    signed = desk.visitor().post("/staff/login", email="CEM@stadt.example ", password=password)
    assert signed.status_code == 303


def test_says_at_each_field_what_is_wrong_and_keeps_what_was_typed(ada: Employee) -> None:
    odd = NEW | {"name": "", "email": "no address", "units": "NOWHERE", "role_ends": "tomorrow"}
    page = ada.post("/staff/admin/accounts/new", 400, **odd).text
    for field in ("name", "email", "units", "role_ends"):
        assert f'id="{field}-error"' in page
    assert 'value="no address"' in page
    assert 'value="NOWHERE"' in page


def test_gives_one_address_one_account(ada: Employee) -> None:
    ada.post("/staff/admin/accounts/new", 200, **NEW)
    ada.post("/staff/admin/accounts/new", 400, **NEW | {"email": "CEM@stadt.example"})
    assert "gibt es schon ein Konto" in ada.text


def test_a_role_counts_from_the_next_click_to_its_last_day(desk: Desk, ada: Employee, clock: Clock) -> None:
    reader = desk.employee(Role.READER)
    assert reader.get("/staff/admin/log").status_code == 403
    role = {"jurisdiction_id": CITY, "role": "auditor", "role_ends": "2026-03-02"}
    ada.post(f"/staff/admin/accounts/{reader.account_id}/roles", 303, **role)
    assert reader.get("/staff/admin/log").status_code == 200
    clock.forward(hours=14, minutes=29)
    desk.sign_in(reader)
    assert reader.get("/staff/admin/log").status_code == 200
    clock.forward(minutes=2)
    assert reader.get("/staff/admin/log").status_code == 403


def test_a_role_is_given_for_a_part_of_the_city(desk: Desk, ada: Employee, core: Core) -> None:
    north, south = (
        int(an_api(core).report(lat=lat, long=long)) for lat, long in (("49.485", "8.43"), ("49.48", "8.44"))
    )
    rita = desk.employee()
    path = f"/staff/admin/accounts/{rita.account_id}/roles"
    ada.post(path, 400, jurisdiction_id=CITY, role="checker", areas="NORD, WESTEN")
    assert "Diese Bezirke gibt es nicht: WESTEN." in ada.text
    assert 'value="NORD, WESTEN"' in ada.response.text
    ada.post(path, 303, jurisdiction_id=CITY, role="checker", areas="NORD")
    assert "Nördliche Innenstadt" in ada.client.get(f"/staff/admin/accounts/{rita.account_id}").text
    desk.sign_in(rita)
    assert rita.get(f"/staff/reports/{north}").status_code == 200
    assert rita.get(f"/staff/reports/{south}").status_code == 404


def test_nobody_manages_themselves(ada: Employee) -> None:
    own = f"/staff/admin/accounts/{ada.account_id}"
    ada.post(f"{own}/roles", 403, jurisdiction_id=CITY, role="checker")
    for act in ("end", "reset", "change", "unlock"):
        sent = {"end": "1", "name": "Ada", "email": "ada@stadt.example"}
        ada.post(f"{own}/{act}", 403, **sent)


def test_a_lead_manages_the_own_unit_alone(desk: Desk) -> None:
    lead = desk.employee(membership(Role.LEAD, units=("STADTREINIGUNG",)), email="lutz@stadt.example")
    other = desk.account(membership(Role.READER), email="rita@stadt.example", name="Rita")
    path = f"/staff/admin/accounts/{other}"
    lead.post(f"{path}/roles", 303, jurisdiction_id=CITY, role="worker", units="STADTREINIGUNG")
    for role, units in (
        ("worker", "GRUENFLAECHEN"),
        ("worker", ""),
        ("checker", "STADTREINIGUNG"),
        ("admin", ""),
    ):
        lead.post(f"{path}/roles", 403, jurisdiction_id=CITY, role=role, units=units)
    lead_of_north = desk.employee(
        membership(Role.LEAD, units=("STADTREINIGUNG",), areas=("NORD",)), email="lisa@stadt.example"
    )
    given = {"jurisdiction_id": CITY, "role": "worker", "units": "STADTREINIGUNG"}
    lead_of_north.post(f"{path}/roles", 403, **given)
    lead_of_north.post(f"{path}/roles", 303, **given, areas="NORD")
    for act in ("end", "reset", "change", "invite"):
        assert lead.post(f"{path}/{act}", end="1").status_code == 403
    assert lead.get("/staff/admin/accounts/new").status_code == 403


def test_no_role_outlasts_that_of_who_gives_it(desk: Desk) -> None:
    ends = datetime(2026, 3, 3, tzinfo=ZoneInfo("Europe/Berlin"))
    lead = desk.employee(membership(Role.LEAD, units=("STADTREINIGUNG",), ends_datetime=ends))
    longer = membership(Role.WORKER, units=("STADTREINIGUNG",))
    other = desk.account(longer, email="rita@stadt.example", name="Rita")
    path = f"/staff/admin/accounts/{other}"
    given = {"jurisdiction_id": CITY, "role": "worker", "units": "STADTREINIGUNG"}
    for last_day in ("", "2026-03-03"):
        lead.post(f"{path}/roles", 400, **given, role_ends=last_day)
        assert "gilt länger" in lead.text
    lead.post(f"{path}/roles", 303, **given, role_ends="2026-03-02")
    # A deputy takes away what lasts longer all the same.
    [first, *_] = re.findall(r"/staff/admin/roles/(\d+)/take", lead.get(path).text)
    lead.post(f"/staff/admin/roles/{first}/take", 303)


def test_administers_no_other_city(core: Core, desk: Desk) -> None:
    elsewhere = membership(Role.READER)
    stranger = desk.account(elsewhere, email="rita@stadt.example")
    admin_of_another = staff_actor(desk.account(email="x@stadt.example"), [], [])
    for act in (
        lambda: accounts.end(core, admin_of_another, stranger),
        lambda: accounts.reset(core, admin_of_another, stranger, factor=True, by_mail=False),
        lambda: accounts.give_role(core, admin_of_another, stranger, elsewhere),
    ):
        with pytest.raises(Forbidden):
            act()
    with pytest.raises(NotFound):
        accounts.details(core, admin_of_another, stranger)


def test_whoever_leaves_is_out_at_the_next_click_and_forgotten_after_half_a_year(
    desk: Desk, ada: Employee, core: Core, conn: Connection, clock: Clock
) -> None:
    rita = desk.employee(membership(Role.WORKER), email="rita@stadt.example", name="Rita Geheimname")
    ada.post(f"/staff/admin/accounts/{rita.account_id}/end", 303, end="1")
    assert rita.get("/staff").location == "/staff/login?next=/staff"
    assert rita.post("/staff/login", email=rita.email, password=PASSWORD).status_code == 400
    clock.forward(days=100)
    staff_retention.tidy(core)
    assert found(core, "rita@stadt.example").name == "Rita Geheimname"
    clock.forward(days=83)
    staff_retention.tidy(core)
    listed = "select tablename from pg_tables where schemaname = 'public' and tablename <> 'spatial_ref_sys'"
    tables = conn.execute(text(listed)).scalars().all()
    rows = {table: str(conn.execute(text(f'select * from "{table}"')).all()) for table in tables}
    assert [table for table, row in rows.items() if "Geheimname" in row or "rita@" in row] == []


def test_an_account_ends_by_itself_after_its_last_day(
    desk: Desk, ada: Employee, core: Core, clock: Clock
) -> None:
    rita = desk.employee(membership(Role.WORKER), email="rita@stadt.example", name="Rita")
    sent = {"name": "Rita", "email": rita.email, "ends": "2026-03-02"}
    ada.post(f"/staff/admin/accounts/{rita.account_id}/change", 303, **sent)
    assert "bis 2. März 2026" in ada.get("/staff/admin/accounts").text
    clock.forward(hours=15)
    staff_retention.tidy(core)
    account = found(core, rita.email)
    assert (account.state, account.second_factor) == (AccountState.LEFT, False)
    assert accounts.details(core, cli_actor(), account.id).memberships == ()


def test_somebody_comes_back_with_a_new_password_and_new_roles(desk: Desk, ada: Employee, core: Core) -> None:
    rita = desk.account(membership(Role.READER), email="rita@stadt.example", name="Rita")
    ada.post(f"/staff/admin/accounts/{rita}/end", 303, end="1")
    ada.post(f"/staff/admin/accounts/{rita}/return", 303)
    ada.post(f"/staff/admin/accounts/{rita}/roles", 303, jurisdiction_id=CITY, role="reader")
    link = LINK.search(ada.post(f"/staff/admin/accounts/{rita}/invite", 200).text)
    assert link
    other = "vier Linden lauschen lange"
    own_account.take_up(core, link[1], "Rita", other, SENDER)
    assert (
        desk.visitor().post("/staff/login", email="rita@stadt.example", password=PASSWORD).status_code == 400
    )
    assert desk.visitor().post("/staff/login", email="rita@stadt.example", password=other).status_code == 303


def test_a_reset_voids_password_sessions_and_if_wished_the_app(desk: Desk, ada: Employee, core: Core) -> None:
    bea = desk.employee(Role.CHECKER)
    page = ada.post(f"/staff/admin/accounts/{bea.account_id}/reset", 200, factor="1")
    assert not bea.signed_in
    assert desk.visitor().post("/staff/login", email=bea.email, password=PASSWORD).status_code == 400
    link = LINK.search(page.text)
    assert link
    visitor = desk.visitor()
    new = "fünf Finken fliegen fort"
    assert visitor.post(link[0], name="Bea", password=new, again=new).location == "/staff/login/factor"
    assert found(core, bea.email).second_factor is False


def test_a_reset_of_the_password_alone_still_asks_for_the_code(desk: Desk, ada: Employee) -> None:
    bea = desk.employee(Role.CHECKER)
    link = LINK.search(ada.post(f"/staff/admin/accounts/{bea.account_id}/reset", 200).text)
    assert link
    visitor = desk.visitor()
    new = "fünf Finken fliegen fort"
    assert visitor.post(link[0], name="Bea", password=new, again=new).location == "/staff/login/code"
    assert not visitor.signed_in


def test_whoever_waits_can_be_let_in(desk: Desk, ada: Employee) -> None:
    desk.account(membership(Role.READER))
    visitor = desk.visitor()
    for _ in range(8):
        visitor.post("/staff/login", email="bea@stadt.example", password="wrong")
    right = {"email": "bea@stadt.example", "password": PASSWORD}
    assert visitor.post("/staff/login", **right).status_code == 429
    account_id = found(desk.core, "bea@stadt.example").id
    ada.post(f"/staff/admin/accounts/{account_id}/unlock", 303)
    assert visitor.post("/staff/login", **right).status_code == 303


def test_risky_acts_ask_for_the_password_again_and_keep_what_was_typed(ada: Employee, clock: Clock) -> None:
    clock.forward(minutes=11)
    assert ada.get("/staff/admin/accounts/new").location == "/staff/confirm?next=/staff/admin/accounts/new"
    asked = ada.post("/staff/admin/accounts/new", 403, **NEW)
    assert "noch einmal Ihr Kennwort" in ada.text
    assert 'name="kept"' in asked.text
    assert ada.post("/staff/confirm", password="wrong").status_code == 400
    assert ada.post("/staff/confirm", password=PASSWORD).status_code == 303
    assert ada.post("/staff/admin/accounts/new", 200, **NEW)


def test_names_that_are_odd_are_shown_as_they_are(ada: Employee) -> None:
    odd = "<script>alert(1)</script> O'Neill & Söhne"
    ada.post("/staff/admin/accounts/new", 200, **NEW | {"name": odd})
    page = ada.get("/staff/admin/accounts").text
    assert "<script>alert" not in page
    assert odd in ada.text


def test_two_who_take_up_one_link_at_once_do_not_both_succeed(desk: Desk, core: Core) -> None:
    account_id = accounts.add(core, cli_actor(), "Cem", "cem@stadt.example", "de", [membership(Role.READER)])
    token = accounts.invite(core, cli_actor(), account_id).rpartition("/")[2]
    own_account.take_up(core, token, "Cem", PASSWORD, SENDER)
    with pytest.raises(NotFound):
        own_account.take_up(core, token, "Eve", "ganz andere Worte hier", SENDER)
    with pytest.raises(Invalid):
        accounts.invite(core, cli_actor(), account_id)


def test_an_unknown_account_is_not_found(ada: Employee) -> None:
    for path in ("/staff/admin/accounts/999999", "/staff/admin/accounts/99999999999999999999"):
        assert ada.get(path).status_code == 404
    assert ada.post("/staff/admin/roles/999999/take").status_code == 404
