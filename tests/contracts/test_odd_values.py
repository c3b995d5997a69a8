"""No value of any argument of any route is a fault of ours: NUL, both ends of the calendar, numbers without end."""

import re
from collections.abc import Iterator, Mapping
from urllib.parse import quote

import pytest
from werkzeug.routing import Rule

from open311.core import Core
from open311.model.catalogue import Attribute, Datatype
from tests.builders import a_catalogue, a_service, words
from tests.client import Client, client_of
from tests.contracts.openapi import document
from tests.serving import MakeCore, an_api

ODD = {
    "NUL": "a\0b",
    "first day": "0001-01-01T00:00:00+14:00",
    "last day": "9999-12-31T23:59:59-14:00",
}
BEFORE_ZONES = ("0001-01-01", "0001-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00", "01.01.0001")
AFTER_ALL = ("9999-12-31", "9999-12-31T23:59:59Z", "9999-12-31T23:59:59-14:00", "31.12.9999")
GOOD = {
    "jurisdiction_id": "ludwigshafen.de",
    "city": "ludwigshafen.de",
    "step": "check",
    "z": "0",
    "x": "0",
    "y": "0",
}
# What routes read that OpenAPI does not describe.
UNDESCRIBED = (
    "q",
    "service_code",
    "status",
    "days",
    "page",
    "cursor",
    "bbox",
    "lat",
    "datetime",
    "since",
    "locale",
)
TOGETHER = 8
FIELDS = (
    *(
        "address",
        "lat",
        "long",
        "placed",
        "choice",
        "service_code",
        "words",
        "action",
        "description",
        "shown",
    ),
    *("email", "phone", "first_name", "last_name", "follow", "altcha", "homepage", "ticket", "word", "asked"),
    *(
        "attribute[WANN]",
        "attribute[X][]",
        "changeset",
        "no_danger",
        "api_key",
        "update_id",
        "updated_datetime",
    ),
    *(
        "service_request_id",
        "status",
        "media_url",
        "address_string",
        "zipcode",
        "device_id",
        "client_request_id",
    ),
    *("name", "password", "code", "next"),
)
NO_VALUES = ("/static/", "/staff/static", "/service-worker")


@pytest.fixture
def core(make_core: MakeCore) -> Core:
    """A Core whose reports say when."""
    when = Attribute(code="WANN", datatype=Datatype.DATETIME, description=words("Wann"), order=1, public=True)
    return make_core(
        a_catalogue(a_service(moderated=False, attributes=(when,))),
        OPEN311_SMTP_URL="file:///dev/null/none",
        OPEN311_MAIL_FROM="stadt@example.org",
    )


@pytest.fixture
def client(core: Core) -> Client:
    """A client of every door."""
    return client_of(core)


def rules(client: Client, method: str) -> list[Rule]:
    """Routes to be tried; the same ones below a city's name, and in XML, read what these read."""
    found = [
        rule
        for rule in client.application.url_map.iter_rules()
        if method in (rule.methods or ()) and "city" not in rule.arguments and not rule.rule.endswith(".xml")
    ]
    return [rule for rule in found if not rule.rule.startswith(NO_VALUES)]


def filled(rule: Rule, usual: str, values: Mapping[str, str]) -> str:
    """A path of this route; `usual` stands for every argument that is not named."""

    def value(match: re.Match[str]) -> str:
        return quote(values.get(match[1], usual), safe="")

    return re.sub(r"<(?:[^:>]+:)?([^>]+)>", value, rule.rule)


def named(rule: Rule) -> set[str]:
    """The parameters of a route."""
    described = document()["paths"].get(re.sub(r"<(?:[^:>]+:)?([^>]+)>", r"{\1}", rule.rule), {})
    found = {
        parameter["name"]
        for parameter in described.get("get", {}).get("parameters", ())
        if "name" in parameter
    }
    return found or set(UNDESCRIBED)


def questions(client: Client, number: str, odd: str) -> Iterator[str]:
    """Every route with an odd value in one place."""
    for rule in rules(client, "GET"):
        for name in sorted(rule.arguments):
            yield filled(rule, number, GOOD | {name: odd})
        for name in sorted(named(rule)):
            yield f"{filled(rule, number, GOOD)}?{name}={quote(odd)}"


@pytest.mark.parametrize("odd", ODD)
def test_no_question_is_answered_with_a_fault(core: Core, client: Client, odd: str) -> None:
    number = an_api(core).report()
    faults = [path for path in questions(client, number, ODD[odd]) if client.get(path).status_code >= 500]
    assert faults == []


@pytest.mark.parametrize("odd", ODD)
def test_no_form_is_answered_with_a_fault(core: Core, client: Client, odd: str) -> None:
    api = an_api(core)
    number = api.report()
    begun = client.post("/report", data={"address": "Ebertpark", "lat": "49.48", "long": "8.44"})
    word = begun.headers["Location"].split("/")[2]
    sent = {"service_code": "MUELL_WILD", "lat": "49.48", "long": "8.44", "api_key": api.key}
    parts = [FIELDS[start : start + TOGETHER] for start in range(0, len(FIELDS), TOGETHER)]
    whole = {name: [ODD[odd], {"a": ODD[odd]}] for name in FIELDS} | {"attribute": {ODD[odd]: ODD[odd]}}
    faults = []
    for path in sorted(paths_to_post(client, number, word)):
        forms = [client.post(path, data=sent | dict.fromkeys(names, ODD[odd])) for names in parts]
        answers = [*forms, client.post(path, json=whole)]
        faults += [path for answer in answers if answer.status_code >= 500]
    assert faults == []


def paths_to_post(client: Client, number: str, word: str) -> set[str]:
    """Every door that takes something in."""
    steps = ("place", "category", "details", "contact", "check")
    found = rules(client, "POST")
    return {filled(rule, number, GOOD | {"word": word, "step": step}) for rule in found for step in steps}


@pytest.mark.parametrize("answer", BEFORE_ZONES + AFTER_ALL)
def test_both_ends_of_the_calendar_are_shown_everywhere(core: Core, client: Client, answer: str) -> None:
    number = an_api(core).report(**{"attribute[WANN]": answer})
    pages = (
        f"/reports/{number}",
        f"/reports/{number}?locale=en",
        "/",
        f"/reports/cards?service_request_id={number}",
        f"/reports/{number}/follow",
    )
    data = [f"/open311/v2/requests/{number}.{suffix}?extensions=true" for suffix in ("json", "xml")]
    lists = [f"/open311/v2/requests.{suffix}?extensions=true" for suffix in ("json", "xml", "csv", "geojson")]
    rest = (
        "/open311/v2/feed.atom",
        "/export.ndjson",
        "/export.csv",
        f"/ogc/collections/ludwigshafen.de/items/{number}",
    )
    statuses = {path: client.get(path).status_code for path in (*pages, *data, *lists, *rest)}
    assert [path for path, status in statuses.items() if status >= 500] == []
    assert {statuses[path] for path in (*pages, *data)} == {200}


@pytest.mark.parametrize("name", ["service_code", "status", "bbox", "datetime", "limit", "f", "cursor"])
def test_ogc_refuses_control_characters(client: Client, name: str) -> None:
    answer = client.get(f"/ogc/collections/ludwigshafen.de/items?{name}=a%00b")
    assert answer.status_code == 400
