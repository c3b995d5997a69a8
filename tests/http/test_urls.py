"""The table of addresses holds for the routes that there are."""

import re

import pytest

from open311.app import application
from open311.http import urls
from open311.model.jurisdiction import RESERVED, leads_elsewhere

RULES = sorted({rule.rule for rule in application().url_map.iter_rules()})
SECRET = re.compile(r"<(?:[^:>]+:)?(?:token|word|secret)>")
# The token of a batch service opens nothing but the number of its report (GeoReport v2).
OPENS_NOTHING = re.compile(r"/open311/.*<token>")
PAGES = {rule.rule for rule in application().url_map.iter_rules() if rule.endpoint.startswith("pages.")}


def test_a_front_door_begins_with_a_prefix_of_the_table() -> None:
    """Pages of the public site alone stand at the root."""
    begins = {rule for rule in RULES if any(urls.is_below(rule, prefix.path) for prefix in urls.PREFIXES)}
    assert set(RULES) - PAGES - begins == set()


@pytest.mark.parametrize("prefix", [prefix.path[1:] for prefix in urls.PREFIXES])
def test_no_city_is_called_like_a_prefix(prefix: str) -> None:
    assert re.fullmatch(urls.CITY, prefix) is None
    assert re.fullmatch(urls.CITY, f"{prefix}burg")


def test_no_catalogue_names_a_city_like_the_first_part_of_an_address() -> None:
    first = {rule.split("/")[1] for rule in RULES}
    assert {part for part in first if part and "<" not in part} == RESERVED
    assert not any(map(leads_elsewhere, ("ludwigshafen.de", "staffelsee.de", "report.example", "2.example")))
    assert all(map(leads_elsewhere, ("requests.json", ".example", "100417")))


def test_no_city_is_called_like_an_interface() -> None:
    assert re.fullmatch(urls.CITY, "requests.json") is None
    assert re.fullmatch(urls.CITY, "ludwigshafen.de")


@pytest.mark.parametrize("path", urls.PERSONAL)
def test_personal_pages_are_there(path: str) -> None:
    known = {re.sub(r"<[^>]+>", "*", rule) for rule in PAGES}
    assert f"/{path}" in known or any(rule.startswith(f"/{path}/") for rule in known)


def test_what_takes_a_secret_or_a_form_is_personal() -> None:
    """But for a press that answers with another page."""
    takes = {
        rule.rule
        for rule in application().url_map.iter_rules()
        if rule.rule in PAGES and (SECRET.search(rule.rule) or "POST" in (rule.methods or ()))
    }
    paths = {rule: re.sub(r"<[^>]+>", "*", rule.removeprefix("/<city:city>")).lstrip("/") for rule in takes}
    begins = {
        rule
        for rule, path in paths.items()
        if any(urls.is_below(path, personal) for personal in urls.PERSONAL)
    }
    assert {paths[rule] for rule in takes - begins} == {"reports/*/affected"}


@pytest.mark.parametrize(
    "start", ["/report/", "/my-data/", "/follow/", "/city/report/", "/staff/welcome/", "/order/"]
)
def test_no_log_holds_what_opens_somebody_s_data(start: str) -> None:
    assert urls.discreet(f"{start}0123456789abcdefgh/check") == f"{start}…/check"
    assert urls.discreet(f"{start}details") == f"{start}details"


@pytest.mark.parametrize(
    "rule", [rule for rule in RULES if SECRET.search(rule) and not OPENS_NOTHING.search(rule)]
)
def test_every_route_that_takes_a_secret_is_known_to_the_log(rule: str) -> None:
    secret = "S" * 32
    path = re.sub(r"<[^>]+>", "ludwigshafen.de", SECRET.sub(secret, rule))
    assert secret not in urls.discreet(path)
