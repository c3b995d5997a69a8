"""Tokens of one's own: made once, shown once, and good for no more than their owner is."""

import pytest
from sqlalchemy import Connection, text

from open311.actions.staff_accounts import accounts, staff_retention
from open311.model.access.actor import cli_actor
from open311.model.staff.access_tokens import MOST_TOKENS
from open311.model.staff.roles import Role
from open311.storage.upkeep import restored
from tests.client import client_of
from tests.serving import Clock
from tests.staff.desk import Desk, Employee, membership

PAGE = "/staff/me/tokens"
GOOD = {"make": "1", "name": "Auswertung", "rights": ["see_reports", "note"], "days": "30"}


@pytest.fixture
def bea(desk: Desk) -> Employee:
    return desk.employee(Role.CHECKER)


def makes(employee: Employee, **changed: object) -> str:
    """Make a token by the page; what it shows then."""
    employee.post(PAGE, 200, **GOOD | changed)
    [token] = [word for word in employee.text.split() if word.startswith("o311desk_")]
    return token


def opens(desk: Desk, token: str) -> bool:
    """Whether a program with this token gets in."""
    headers = {"Authorization": f"Bearer {token}"}
    return client_of(desk.core).get("/staff/api/v1/cases", headers=headers).status_code == 200


def test_is_shown_once_and_opens_the_interface(desk: Desk, bea: Employee, conn: Connection) -> None:
    token = makes(bea)
    assert opens(desk, token)
    page = bea.get(PAGE)
    assert token not in page.text
    assert "Auswertung" in bea.text
    assert "Notizen schreiben" in bea.text
    stored = conn.execute(text("select to_jsonb(account_tokens)::text from account_tokens")).scalar_one()
    assert token not in stored
    kinds = conn.execute(text("select kind from audit where kind like 'token%'")).scalars().all()
    assert kinds == ["token_added"]


def test_goes_at_once_when_it_is_removed(desk: Desk, bea: Employee, conn: Connection) -> None:
    token = makes(bea)
    number = conn.execute(text("select id from account_tokens")).scalar_one()
    other = desk.employee(Role.CHECKER, email="ben@stadt.example", name="Ben")
    assert other.post(PAGE, remove=number).status_code == 404
    assert opens(desk, token)
    bea.post(PAGE, 303, remove=number)
    assert not opens(desk, token)


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": " "},
        {"name": "x" * 61},
        {"name": "a\u202eb"},
        {"rights": []},
        {"rights": ["manage_accounts"]},
        {"rights": ["nonsense"]},
        {"days": "0"},
        {"days": "366"},
        {"days": "x"},
        {"days": ""},
    ],
)
def test_says_what_is_wrong_and_keeps_what_was_typed(
    bea: Employee, wrong: dict[str, object], conn: Connection
) -> None:
    bea.post(PAGE, 400, **GOOD | wrong)
    assert 'href="#' + next(iter(wrong)) + '"' in bea.response.text
    assert conn.execute(text("select count(*) from account_tokens")).scalar_one() == 0


def test_has_no_right_that_its_owner_lacks(desk: Desk) -> None:
    lead = desk.employee(membership(Role.LEAD, units=("GRUENFLAECHEN",)), email="lutz@stadt.example")
    assert 'value="check"' not in lead.get(PAGE).text
    lead.post(PAGE, 400, **GOOD | {"rights": ["check"]})


def test_is_for_those_who_may_have_one(desk: Desk) -> None:
    worker = desk.employee(membership(Role.WORKER, units=("GRUENFLAECHEN",)), email="rita@stadt.example")
    assert worker.get(PAGE).status_code == 403
    assert PAGE not in worker.get("/staff/me").text


def test_there_are_not_many(bea: Employee) -> None:
    for _ in range(MOST_TOKENS):
        makes(bea)
    bea.post(PAGE, 400, **GOOD)


def test_ends_by_itself_and_is_forgotten(desk: Desk, bea: Employee, clock: Clock, conn: Connection) -> None:
    token = makes(bea)
    clock.forward(days=30)
    assert not opens(desk, token)
    staff_retention.tidy(desk.core)
    assert conn.execute(text("select count(*) from account_tokens")).scalar_one() == 0


@pytest.mark.parametrize("how", ["left", "reset", "restored"])
def test_ends_with_what_opened_it(desk: Desk, bea: Employee, how: str) -> None:
    token = makes(bea)
    if how == "left":
        accounts.end(desk.core, cli_actor(), bea.account_id)
    elif how == "reset":
        accounts.reset(desk.core, cli_actor(), bea.account_id, factor=False, by_mail=False)
    else:
        with desk.core.database.begin() as conn:
            for statement in restored._SESSIONS:
                conn.execute(statement)
    assert not opens(desk, token)


def test_loses_the_rights_that_its_owner_loses(desk: Desk, bea: Employee) -> None:
    token = makes(bea)
    with desk.core.database.begin() as conn:
        conn.execute(text("update memberships set role = 'admin'"))
    answer = client_of(desk.core).get("/staff/api/v1/cases", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 403
