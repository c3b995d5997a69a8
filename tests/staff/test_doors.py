"""Every address of the desk, by every role: what is not theirs stays shut, and nothing falls over."""

import re

import pytest
from werkzeug.routing import Rule

from open311.app import application
from open311.model.access.actor import Right
from open311.model.staff.roles import BUILT_IN_RIGHTS, Role
from open311.staff.blueprint import ANYBODY, OPEN
from tests.staff.desk import HERE, Desk, membership

CHANGING = {"POST"}
PLACES = {"account_id": "1", "membership_id": "1", "token": "nobodys", "number": "1", "kind": "xlsx"}


def rules(*, changing: bool) -> list[Rule]:
    """The addresses of the desk that need a session."""
    app = application()
    return [
        rule
        for rule in app.url_map.iter_rules()
        if rule.endpoint.startswith("staff.")
        and getattr(app.view_functions[rule.endpoint], "access", OPEN) != OPEN
        and bool(CHANGING & (rule.methods or set())) is changing
    ]


def path(rule: Rule) -> str:
    """An address that fits a rule."""
    return re.sub(r"<(?:\w+(?:\([^)]*\))?:)?(\w+)>", lambda found: PLACES.get(found[1], "1"), rule.rule)


def access(rule: Rule) -> object:
    """What the view behind an address declares."""
    return application().view_functions[rule.endpoint].access


@pytest.mark.parametrize("role", Role)
def test_opens_to_whoever_has_a_right_to_it_alone(desk: Desk, role: Role) -> None:
    employee = desk.employee(role)
    rights = {*BUILT_IN_RIGHTS[role]}
    for rule in (*rules(changing=False), *rules(changing=True)):
        needed = access(rule)
        status = employee.get(path(rule)).status_code
        assert status < 500, rule
        if (
            needed != ANYBODY
            and isinstance(needed, tuple)
            and not rights & {*needed}
            and "GET" in rule.methods
        ):
            assert status == 403, rule


def test_who_is_refused_reads_what_is_missing_and_whom_to_ask(desk: Desk) -> None:
    lena = desk.employee(Role.READER, email="lena@stadt.example")
    assert lena.get("/staff/check").status_code == 403
    assert "Dazu fehlt ein Recht: Meldungen prüfen und entscheiden." in lena.text
    assert "Es gehört zu diesen Rollen: Prüfung." in lena.text
    assert "wenden Sie sich an die Administration Ihrer Stadt" in lena.text
    desk.account(membership(Role.ADMIN), email="ada@stadt.example", name="Ada Muster")
    desk.account(membership(Role.CHECKER), email="cem@stadt.example", name="Cem Muster")
    lena.get("/staff/admin/log")
    assert "wenden Sie sich an: Ada Muster." in lena.text
    assert "Cem Muster" not in lena.text


def test_an_address_that_is_none_leads_back_to_where_one_is_signed_in(desk: Desk) -> None:
    lena = desk.employee(Role.READER)
    for path in ("/staff/nowhere", "/staff/reports/999999999"):
        assert lena.get(path).status_code == 404
        assert ("Abmelden" in lena.text, "Anmelden" in lena.text) == (True, False), path
    visitor = desk.visitor()
    assert visitor.get("/staff/nowhere").status_code == 404
    assert "Anmelden" in visitor.text
    assert lena.post("/staff/nowhere").status_code == 404


def test_no_address_takes_nul_for_a_word(desk: Desk) -> None:
    employee = desk.employee(Role.SUPERVISOR)
    for rule in rules(changing=False):
        assert employee.get(f"{path(rule)}?q=a%00b&unit=%FF%00").status_code == 400, rule


def test_shows_nothing_without_a_session(desk: Desk) -> None:
    for rule in rules(changing=False):
        response = desk.visitor().get(path(rule))
        assert response.status_code == 303, rule
        assert response.location.startswith("/staff/login?next="), rule


def test_changes_nothing_for_another_site_without_a_token_or_without_a_session(desk: Desk) -> None:
    everything = desk.employee(*Role)
    assert {*Right} - {Right.OPERATE} <= {right for role in Role for right in BUILT_IN_RIGHTS[role]}
    for rule in rules(changing=True):
        address, client = path(rule), everything.client
        assert client.post(address, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403, rule
        assert client.post(address, headers={"Origin": "null"}).status_code == 403, rule
        assert client.post(address).status_code == 403, rule
        assert client.post(address, data={"form_token": "1.2"}, headers=HERE).status_code == 409, rule
        strange = desk.visitor().client.post(address, data={"end": "1"}, headers=HERE)
        assert strange.status_code == 403, rule
        assert 'name="password"' in strange.text, rule


QUERIES = ("?done=x", "?done[]=1", "?locale=xx", "?next=//evil", "?kind=%00&before=-1", "?%ff=%fe")


@pytest.mark.parametrize("query", QUERIES)
def test_takes_odd_queries(desk: Desk, query: str) -> None:
    employee = desk.employee(*Role)
    for rule in rules(changing=False):
        assert employee.get(path(rule) + query).status_code < 500, rule


NO_FORMS = (
    (b"\xff\xfe", "application/x-www-form-urlencoded"),
    (b"{", "application/json"),
    (b"--x", "multipart/form-data; boundary=x"),
)


def test_takes_bodies_that_are_no_forms(desk: Desk) -> None:
    employee = desk.employee(*Role)
    for rule in rules(changing=True):
        for body, kind in NO_FORMS:
            response = employee.client.post(path(rule), data=body, content_type=kind, headers=HERE)
            assert response.status_code < 500, rule
