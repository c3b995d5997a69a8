"""Roles of a city's own, and what it changes of those that every city has: from the catalogue to the pages."""

import copy
import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from open311 import catalogue_file
from open311.actions import catalogue_publication
from open311.actions.staff_accounts import account_import, accounts
from open311.base.errors import Invalid
from open311.base.text import Text
from open311.catalogue_file import CatalogueError, roles
from open311.core import Core
from open311.model.access.actor import Right, cli_actor
from open311.model.catalogue import Catalogue
from open311.model.staff.rights import Membership
from open311.model.staff.roles import BUILT_IN_RIGHTS, CityRole, Reach, Role
from open311.operations import doctor
from open311.storage.staff_accounts import accounts as stored
from tests.model.test_catalogue_odd_values import AREAS, SMALL
from tests.serving import ROOT, Api, MakeCore, an_api, first_city
from tests.staff.desk import CITY, Desk, Employee

PRESS, PUBLISHED, UNIT = "presse", frozenset({Reach.PUBLISHED}), frozenset({Reach.UNIT})
WRITTEN: dict[str, Any] = {
    PRESS: {
        "name": {"de": "Pressestelle", "en": "Press office"},
        "means": {"de": "liest, was öffentlich ist, und zählt", "en": "reads what is public, and counts"},
        "rights": {"see_reports": "published", "figures": "all", "note": ["published", "own"]},
    },
    "helfer": {"name": {"de": "Aushilfe", "en": "Temporary help"}, "like": "worker", "without": ["export"]},
    "worker": {"rights": {"edit": "unit"}, "without": ["order"]},
}


def catalogue_with(tmp_path: Path, written: dict[str, Any]) -> Path:
    """The small catalogue with other roles."""
    document = copy.deepcopy(SMALL)
    document["desk"]["roles"] = written
    (tmp_path / "logo.svg").write_text("<svg/>", encoding="utf-8")
    (tmp_path / "areas.geojson").write_text(json.dumps(AREAS), encoding="utf-8")
    path = tmp_path / "categories.yaml"
    path.write_text(yaml.safe_dump(document), encoding="utf-8")
    return path


def city_roles() -> Mapping[str, CityRole]:
    """The same roles, as the first city would have them."""
    return roles.build(WRITTEN, _text)


def _text(words: Mapping[str, str] | None) -> Text:
    return Text(words or {})


def with_roles(written: Mapping[str, CityRole]) -> Catalogue:
    city = first_city()
    return replace(city, desk=replace(city.desk, roles=written))


@pytest.fixture
def core(make_core: MakeCore) -> Core:
    return make_core(with_roles(city_roles()))


@pytest.fixture
def desk(core: Core) -> Desk:
    return Desk(core)


def given(role: str, **scope: Any) -> Membership:
    """A role in the first city, of whose rights nobody has asked yet."""
    return Membership(jurisdiction_id=CITY, role=role, **scope)


def test_a_role_is_what_the_catalogue_writes(tmp_path: Path) -> None:
    catalogue = catalogue_file.load(catalogue_with(tmp_path, {**WRITTEN, "lead": {"without": ["bulk"]}}))
    known = catalogue.desk.roles
    assert known[PRESS].rights == {
        Right.SEE_REPORTS: PUBLISHED,
        Right.FIGURES: frozenset({Reach.ALL}),
        Right.NOTE: PUBLISHED | {Reach.OWN},
    }
    worker, usual = known["worker"].rights, BUILT_IN_RIGHTS[Role.WORKER]
    assert worker[Right.EDIT] == UNIT
    assert {*usual} - {*worker} == {Right.ORDER}
    # As everywhere, not as this city has changed it.
    assert {*usual} - {*known["helfer"].rights} == {Right.EXPORT}
    assert Right.BULK not in known["lead"].rights
    assert known["checker"].rights == BUILT_IN_RIGHTS[Role.CHECKER]
    # Written again it says the same.
    again = tmp_path / "again.yaml"
    again.write_text(yaml.safe_dump(catalogue_file.contents(catalogue)), encoding="utf-8")
    assert catalogue_file.load(again).desk.roles == known
    assert catalogue_file.load(again).desk_digest == catalogue.desk_digest


def test_the_schema_and_its_document_name_every_right_and_reach() -> None:
    schema = json.loads((ROOT / "schemas" / "categories.schema.json").read_text(encoding="utf-8"))["$defs"]
    assert {*schema["right"]["enum"]} == {*Right} - {Right.OPERATE}
    assert {*schema["reach"]["enum"]} == {*Reach}
    document = (ROOT / "docs" / "catalogue.md").read_text(encoding="utf-8")
    assert not [word for word in (*schema["right"]["enum"], *Reach) if f"`{word}`" not in document]


@pytest.mark.parametrize(
    ("written", "place", "told"),
    [
        ({PRESS: {"rights": {"note": "all"}}}, PRESS, "needs a name"),
        ({PRESS: {"name": "Presse"}}, PRESS, "gives no rights"),
        ({"worker": {"like": "lead"}}, "worker.like", "every city has"),
        ({PRESS: {"name": "P", "rights": {"templates": "unit"}}}, f"{PRESS}.rights.templates", "write all"),
        ({PRESS: {"name": "P", "rights": {"read_audit": "unit"}}}, f"{PRESS}.rights.read_audit", "own"),
        ({PRESS: {"name": "P", "rights": {"operate": "all"}}}, f"{PRESS}.rights.operate", "operate"),
        ({PRESS: {"name": "P", "rights": {"note": "some"}}}, f"{PRESS}.rights.note", "some"),
        ({PRESS: {"name": "P", "like": "helfer"}}, f"{PRESS}.like", "helfer"),
        ({"Große": {"name": "P", "like": "lead"}}, "Große", "code of a role"),
    ],
)
def test_what_makes_no_sense_is_told_with_its_place(
    written: dict[str, Any], place: str, told: str, tmp_path: Path
) -> None:
    with pytest.raises(CatalogueError) as refused:
        catalogue_file.load(catalogue_with(tmp_path, written))
    messages = [
        problem.message for problem in refused.value.problems if problem.path == f"desk.roles.{place}"
    ]
    assert any(told in message for message in messages), refused.value.problems


def test_whoever_names_a_role_that_there_is_not_is_told(tmp_path: Path) -> None:
    path = catalogue_with(tmp_path, {})
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    document["desk"]["sso"]["groups"]["rat"]["role"] = PRESS
    document["desk"]["deadlines"]["services"]["WASTE"]["escalate"] = {"99%": PRESS}
    path.write_text(yaml.safe_dump(document), encoding="utf-8")
    with pytest.raises(CatalogueError) as refused:
        catalogue_file.load(path)
    assert sorted(problem.path for problem in refused.value.problems) == [
        "desk.deadlines.services.WASTE.escalate.99%",
        "desk.sso.groups.rat.role",
    ]


def test_a_role_that_manages_accounts_and_sees_people_is_pointed_out(tmp_path: Path) -> None:
    wide = {"chef": {"name": "Chef", "like": "admin", "rights": {"see_reporter": "all"}}}
    [warning] = [
        warning
        for warning in catalogue_file.warnings(catalogue_file.load(catalogue_with(tmp_path, wide)))
        if warning.about == "roles"
    ]
    assert "chef manages accounts and sees personal data" in warning.text


def test_somebody_with_a_role_of_the_city_may_what_it_says(desk: Desk, core: Core) -> None:
    api: Api = an_api(core)
    published = int(api.report())
    held = int(api.post({"service_code": "FAHRZEUG_ALT", "attribute[FARBE]": "rot"})[0]["service_request_id"])
    press = desk.employee(given(PRESS))
    assert press.get(f"/staff/reports/{published}").status_code == 200
    assert press.get(f"/staff/reports/{held}").status_code == 404
    press.post(f"/staff/reports/{published}/note", 303, text="Zeitung fragt an", revision="1")
    assert press.get("/staff/figures").status_code == 200
    assert press.get("/staff/check").status_code == 403
    assert "Pressestelle" in press.get("/staff/me").text


def test_a_changed_role_may_what_this_city_says(desk: Desk, core: Core) -> None:
    number = int(an_api(core).report())
    rita = desk.employee(given(Role.WORKER, units=("STADTREINIGUNG",)))
    assert rita.get(f"/staff/reports/{number}/edit").status_code == 200
    rita.post(f"/staff/reports/{number}/outside/order", 403, text="Bitte")
    assert "Rechte" in rita.text or "Recht" in rita.text


def ada_of(desk: Desk) -> Employee:
    return desk.employee(Role.ADMIN, email="ada@stadt.example", name="Ada")


def test_pages_offer_and_name_the_roles_of_the_city(desk: Desk) -> None:
    ada, somebody = ada_of(desk), desk.account(email="pia@stadt.example", name="Pia")
    path = f"/staff/admin/accounts/{somebody}"
    page = ada.get(path).text
    assert '<option value="presse">Pressestelle: liest, was öffentlich ist, und zählt</option>' in page
    assert '<option value="helfer">Aushilfe</option>' in page
    ada.post(f"{path}/roles", 303, jurisdiction_id=CITY, role=PRESS)
    ada.get(path)
    assert "Pressestelle" in ada.text
    ada.post(f"{path}/roles", 400, jurisdiction_id=CITY, role="nobody")
    with desk.core.database.begin() as conn:
        stored.change(conn, ada.account_id, language="en")
    assert (
        '<option value="presse">Press office: reads what is public, and counts</option>' in ada.get(path).text
    )


def test_a_role_that_two_cities_call_differently_has_the_words_of_both(make_core: MakeCore) -> None:
    other = with_roles(roles.build({"presse": WRITTEN["presse"] | {"name": {"de": "Medien"}}}, _text))
    jurisdiction = replace(other.jurisdiction, jurisdiction_id="speyer.de", aliases=())
    desk = Desk(make_core(with_roles(city_roles()), replace(other, jurisdiction=jurisdiction)))
    ada = desk.employee(Role.ADMIN, replace(given(Role.ADMIN), jurisdiction_id="speyer.de"))
    page = ada.get("/staff/admin/accounts/new").text
    means = "liest, was öffentlich ist, und zählt"
    offered = f"Pressestelle: {means} (ludwigshafen.de) · Medien: {means} (speyer.de)"
    assert f'<option value="presse">{offered}</option>' in page
    assert page.count("(speyer.de)</option>") == 1


def test_a_lead_is_offered_what_can_do_no_more(desk: Desk) -> None:
    lead = desk.employee(given(Role.LEAD, units=("STADTREINIGUNG",)), email="lutz@stadt.example")
    other = desk.account(given(Role.READER), email="pia@stadt.example")
    page = lead.get(f"/staff/admin/accounts/{other}").text
    offered = {code for code in (*Role, PRESS, "helfer") if f'<option value="{code}"' in page}
    assert offered == {"reader", "worker", "field", "helfer"}
    path, where = f"/staff/admin/accounts/{other}/roles", {"jurisdiction_id": CITY, "units": "STADTREINIGUNG"}
    lead.post(path, 303, **where, role="helfer")
    # It counts for the whole city.
    lead.post(path, 403, **where, role=PRESS)


def test_the_file_of_accounts_takes_them(core: Core) -> None:
    [line] = account_import.lines(f"name,email,role\nPia,pia@stadt.example,{PRESS}\n")
    assert account_import.bring_in(core, cli_actor(), line).person.role.role == PRESS
    [wrong] = account_import.lines("name,email,role\nPia,paul@stadt.example,nobody\n")
    with pytest.raises(Invalid) as refused:
        account_import.bring_in(core, cli_actor(), wrong)
    assert PRESS in refused.value.problems[0].values["known"]


def test_a_role_that_the_catalogue_drops_gives_nothing_and_that_is_told(desk: Desk, core: Core) -> None:
    pia = desk.employee(given(PRESS), email="pia@stadt.example", name="Pia")
    assert pia.get("/staff/figures").status_code == 200
    core.catalogues.in_force = (first_city(),)
    assert pia.get("/staff/figures").status_code == 403
    ada = ada_of(desk)
    assert "presse (gibt es im Katalog nicht mehr, gibt keine Rechte)" in _words(ada, "/staff/admin/accounts")
    assert "Einmal ist die Rolle „presse“ vergeben" in _words(ada, "/staff/admin/state")
    # Loaded anew from its file, which has no such role.
    catalogue_publication.publish(core)
    told = [finding.advice for finding in doctor.examine(core) if finding.about == "roles"]
    assert [line.partition(":")[2].partition(",")[0] for line in told] == [" 1 person has the role presse"]
    with pytest.raises(Invalid):
        accounts.give_role(core, cli_actor(), pia.account_id, given(PRESS))
    # To take it away is still possible, and so is to bring it back.
    core.catalogues.in_force = (with_roles(city_roles()),)
    assert pia.get("/staff/figures").status_code == 200


def _words(employee: Employee, path: str) -> str:
    employee.get(path)
    return employee.text
