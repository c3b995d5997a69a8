"""A made-up Polish city on both banks of a river, by its catalogue alone: nothing of the first city is in the code."""

from pathlib import Path

import pytest
from flask.testing import FlaskClient

from open311 import catalogue_file
from open311.actions.staff_accounts import accounts
from open311.actions.upkeep import statistics
from open311.base.i18n import messages
from open311.core import Core
from open311.dev import staff
from open311.model.access.actor import cli_actor
from open311.site import words
from tests.serving import Clock, MakeCore, an_api
from tests.site.visitor import Visitor

CATALOGUE = """
jurisdiction:
  jurisdiction_id: mostowo.example
  name: {pl: Mostowo, en: Mostowo}
  languages: [pl, en]
  time_zone: Europe/Warsaw
  zipcode_pattern: "[0-9]{2}-[0-9]{3}"
  contact: {pl: "Urząd Miasta, telefon 19115", en: "City Hall, telephone 19115"}
  key_service: {pl: "Klucze wydaje urząd.", en: "City Hall issues keys."}
  emergency_notice: {pl: "W niebezpieczeństwie dzwoń 112.", en: "In danger call 112."}
# Two banks, and the water between them belongs to nobody.
boundary: {"type": "MultiPolygon", "coordinates": [
    [[[21.00, 52.20], [21.04, 52.20], [21.04, 52.26], [21.00, 52.26], [21.00, 52.20]]],
    [[[21.05, 52.20], [21.10, 52.20], [21.10, 52.26], [21.05, 52.26], [21.05, 52.20]]]]}
site:
  name: {pl: "Zgłoś problem", en: "Report a problem"}
  intro: {pl: "Powiedz nam, gdzie.", en: "Tell us where."}
  heading: {pl: "Problemy w Mostowie", en: "Problems in Mostowo"}
  address_example: {pl: "ul. Rzeczna 4", en: "ul. Rzeczna 4"}
statuses:
  - {code: NOWE, label: {pl: nowe, en: new}, status: open, initial: true, colour: "#b71c1c", shape: triangle,
     detailed_status: PENDING, update_status: open}
  - {code: PRZYJETE, label: {pl: "przyjęte", en: accepted}, status: open, published: true, colour: "#8a5a00",
     shape: circle, detailed_status: IN_PROCESS, update_status: in_progress}
  - {code: ZAKONCZONE, label: {pl: "zakończone", en: done}, status: closed, colour: "#1b5e20", shape: square,
     detailed_status: PROCESSED, update_status: fixed}
agencies:
  - {code: DROGI, name: {pl: "Zarząd Dróg", en: Roads}}
groups:
  - {code: ULICE, name: {pl: Ulice, en: Streets}}
services:
  - service_code: DZIURA
    service_name: {pl: "Dziura w jezdni", en: Pothole}
    description: {pl: "Uszkodzona nawierzchnia.", en: "A damaged road."}
    keywords: {pl: [wyrwa], en: [hole]}
    group: ULICE
    agency: DROGI
    moderated: false
"""
PAGES = (
    "/",
    "/report",
    "/statistics",
    "/help",
    "/easy",
    "/imprint",
    "/privacy",
    "/accessibility",
    "/open-data",
)
OF_PROGRAMS = ("services.json", "requests.json?extensions=true", "statistics.json", "discovery.json")
OURS = ("Ludwig", "67059", "Berlin", "Rheinland")


@pytest.fixture
def core(make_core: MakeCore, tmp_path: Path) -> Core:
    """A Core with the catalogue, read from files as an operator writes them."""
    (tmp_path / "categories.yaml").write_text(CATALOGUE, encoding="utf-8")
    return make_core(catalogue_file.load(tmp_path / "categories.yaml"))


def german() -> list[str]:
    """Words of the German pages that are long enough to be nothing else."""
    plain = (text for key, text in messages("de").items() if key.startswith("page.") and "{" not in text)
    return [text for text in plain if len(text) > 12 and text != messages("en").get(text)]


def sent(client: FlaskClient, clock: Clock, **place: str) -> Visitor:
    """Somebody who reports a pothole."""
    visitor = Visitor(client, language="pl").open("/report").fill(**place).press("Continue")
    if visitor.errors:
        return visitor
    visitor.fill(service_code="DZIURA").press("Continue").fill(description="Głęboka wyrwa").press(
        "Continue"
    ).press("Continue")
    clock.forward(seconds=30)
    return visitor.press("Send report")


def test_it_runs_without_a_word_of_another_city(core: Core, client: FlaskClient, clock: Clock) -> None:
    visitor = sent(client, clock, address="ul. Rzeczna 4, 00-123 Mostowo", lat="52.23", long="21.02")
    number = visitor.page.xpath("//p[@class='sent__number']/strong")[0].text
    statistics.add_up(core)
    texts = german()
    assert len(texts) > 100
    for path in (*PAGES, f"/reports/{number}", "/nothing"):
        page = client.get(path, headers={"Accept-Language": "pl"}).text
        assert [word for word in (*OURS, *texts) if word in page] == [], path
        assert 'lang="pl"' in page, path
    [report] = an_api(core).get(f"/requests/{number}")
    assert (report["zipcode"], report["service_name"]) == ("00-123", "Dziura w jezdni")
    for path in OF_PROGRAMS:
        found = client.get(f"/open311/{'' if path.startswith('d') else 'v2/'}{path}").text
        assert [word for word in OURS if word in found] == [], path


@pytest.mark.parametrize(
    ("language", "name"),
    [("fr", "Français"), ("es", "Español"), ("en-US", "English"), ("tr", "Türkçe"), ("xx", "xx")],
)
def test_a_language_is_offered_by_its_own_name(language: str, name: str) -> None:
    assert words.own_name(language) == name


def test_its_people_of_the_demo_and_its_first_administrator_read_english(core: Core) -> None:
    assert staff.seed(core).people
    assert staff.first_link(core)
    languages = {person.account.language for person in accounts.manageable(core, cli_actor())}
    assert languages == {"en"}


@pytest.mark.parametrize(("long", "inside"), [("21.02", True), ("21.045", False), ("21.07", True)])
def test_its_boundary_lies_on_both_banks(client: FlaskClient, clock: Clock, long: str, inside: bool) -> None:
    visitor = sent(client, clock, address="Most", lat="52.23", long=long)
    assert ("address" in visitor.errors) is not inside
