"""Administration of templates: written, tried with a report, changed by two at once, retired."""

import re

import pytest
from sqlalchemy import Connection

from open311.model.staff.roles import Role
from open311.storage.desk import templates as storage
from tests.serving import Api
from tests.staff.desk import CITY, Desk, Employee, membership

NEW = {
    "title": "Termin",
    "page_text-de": "Wir kommen am {due}.",
    "page_text-en": "We come on {due}.",
    "mail_text-de": "Guten Tag, zu {number} ({service}): {status}.",
    "status": "EINGEPLANT",
    "services": ["MUELL_WILD", "STRASSENLATERNE"],
    "unit": "TIEFBAU",
    "active": "1",
}


@pytest.fixture
def bea(desk: Desk) -> Employee:
    """A checker, who may write templates."""
    return desk.employee(Role.CHECKER)


def made(employee: Employee, **changed: object) -> str:
    """The address of a new template."""
    return str(employee.post("/staff/admin/templates/new", 303, **NEW | changed).location).partition("?")[0]


def test_a_template_is_written_in_both_languages(bea: Employee, conn: Connection) -> None:
    path = made(bea)
    [stored] = storage.of_jurisdiction(conn, CITY)
    assert stored.page_text == {"de": "Wir kommen am {due}.", "en": "We come on {due}."}
    assert (stored.status, stored.services, stored.unit) == ("EINGEPLANT", NEW["services"], "TIEFBAU")
    page = bea.get(path).text
    assert "We come on {due}." in page
    assert "Fassung 1" in page
    assert "We come on 16. März 2026." in page
    assert "Termin" in bea.get("/staff/admin/templates").text


def test_a_preview_stores_nothing_and_shows_gaps_of_a_very_report(
    bea: Employee, api: Api, conn: Connection
) -> None:
    number = api.report(address_string="Bismarckstraße 1")
    texts = {"page_text-de": "{number}, {address}", "mail_text-de": "{due} {name}", "page_text-en": ""}
    bea.post("/staff/admin/templates/new", 200, **NEW | texts, number=f"Nr. {number}", preview="1")
    assert f"{number}, Bismarckstraße 1" in bea.text
    assert "Diese Lücken füllt bei dieser Meldung nichts: " in bea.text
    assert "name" in bea.text.partition("nichts: ")[2][:20]
    assert storage.of_jurisdiction(conn, CITY) == []


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"title": " "}, "title"),
        ({"page_text-en": "{nobody}"}, "page_text-en"),
        ({"mail_text-de": "x" * 4001}, "mail_text-de"),
        ({"page_text-de": "", "page_text-en": " ", "mail_text-de": ""}, "page_text-de"),
        ({"status": "NIE"}, "status"),
        ({"services": ["NIE"]}, "services"),
        ({"unit": "NIE"}, "unit"),
    ],
)
def test_what_is_wrong_stands_at_its_field(bea: Employee, wrong: dict[str, object], field: str) -> None:
    page = bea.post("/staff/admin/templates/new", 400, **NEW | wrong).text
    assert f'href="#{field}"' in page
    assert f'id="{field}-error"' in page
    assert "We come on" in page or "page_text-en" in wrong


def test_who_saves_an_old_version_sees_the_new_one_and_keeps_what_was_typed(bea: Employee) -> None:
    path = made(bea)
    bea.post(path, 303, **NEW | {"title": "Termin steht", "version": "1"})
    page = bea.post(path, 409, **NEW | {"title": "Termin?", "version": "1"}).text
    assert "Inzwischen hat jemand die Vorlage geändert." in page
    assert 'value="Termin?"' in page
    assert "<dd>Termin steht</dd>" in page
    version = re.search(r'name="version" value="(\d+)"', page)
    assert version
    bea.post(path, 303, **NEW | {"title": "Termin?", "version": version[1]})


def test_a_retired_template_stays_and_is_offered_no_more(bea: Employee, conn: Connection) -> None:
    path = made(bea)
    bea.post(path, 303, **{key: value for key, value in NEW.items() if key != "active"}, version="1")
    assert storage.offered(conn, CITY) == []
    assert "zurückgezogen, Fassung 2" in " ".join(bea.get("/staff/admin/templates").text.split())
    bea.post(path, 303, **NEW, version="2")
    assert len(storage.offered(conn, CITY)) == 1


def test_administrators_write_templates_and_see_no_report_by_it(desk: Desk, api: Api) -> None:
    number = api.report(address_string="Bismarckstraße 1")
    ada = desk.employee(Role.ADMIN, email="ada@stadt.example")
    shown = NEW | {"page_text-de": "{number} {address}", "number": number, "preview": "1"}
    page = ada.post("/staff/admin/templates/new", 200, **shown).text
    assert "Bismarckstraße 1" not in page
    assert "102000" in page


def test_nobody_without_the_right_or_of_another_city_gets_at_them(desk: Desk, bea: Employee) -> None:
    path = made(bea)
    worker = desk.employee(membership(Role.WORKER, units=("TIEFBAU",)), email="rita@stadt.example")
    for address in ("/staff/admin/templates", "/staff/admin/templates/new", path):
        assert worker.get(address).status_code == 403
    assert bea.get("/staff/admin/templates/new?city=speyer.de").status_code == 403
    assert bea.get("/staff/admin/templates/999").status_code == 404


def test_hostile_texts_are_shown_as_they_are(bea: Employee) -> None:
    odd = {"title": "<b>", "page_text-de": "</textarea><script>alert(1)</script> {number}"}
    path = made(bea, **odd)
    assert "<script>alert" not in bea.get(path).text
    assert "<b>" not in bea.get("/staff/admin/templates").text
