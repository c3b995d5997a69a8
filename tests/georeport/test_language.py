"""Names and messages in the reader's language; codes and keys stay (georeport.md 5.12)."""

from dataclasses import replace

import pytest

from tests.builders import a_catalogue, a_jurisdiction
from tests.georeport.surface import FORMATS, a_city
from tests.serving import Api, MakeCore, an_api

GERMAN, ENGLISH = "Wilder Müll", "Illegal dumping"


@pytest.fixture
def api(make_core: MakeCore) -> Api:
    return an_api(make_core(a_city()))


def name_and_language(api: Api, path: str = "/services/", **headers: str) -> tuple[str, str]:
    """The name of illegal dumping in the list, and what the answer says its language is."""
    response = api.client.get(f"{api.base}{path}", headers={"Accept": "application/json"} | headers)
    [name] = [
        service["service_name"] for service in response.get_json() if service["service_code"] == "MUELL_WILD"
    ]
    return name, response.headers["Content-Language"]


@pytest.mark.parametrize("wish", ["en", "EN", "en-GB", "en_US", "En-us", " en "])
def test_locale_chooses_english_in_any_spelling(api: Api, wish: str) -> None:
    """R-095: CitySDK's parameter; other programs write it with an underscore or in capitals."""
    response = api.raw("/services.json", locale=wish)
    assert ENGLISH in response.text
    assert response.headers["Content-Language"] == "en"


@pytest.mark.parametrize(
    "wish", ["", "de", "DE_at", "fr", "xx-XX", "*", "-", "_", "e" * 200, "en;q=1", "../en", "\x00"]
)
def test_any_other_locale_is_german(api: Api, wish: str) -> None:
    """R-095: the city's own language for whoever asks for one it does not have."""
    response = api.raw("/services.json", locale=wish)
    assert GERMAN in response.text
    assert response.headers["Content-Language"] == "de"


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("en", "en"),
        ("en-GB,en;q=0.9,de;q=0.8", "en"),
        ("de;q=0.5,en;q=0.9", "en"),
        ("fr,en;q=0.3", "en"),
        ("de-DE,de;q=0.9,en;q=0.8", "de"),
        ("fr", "de"),
        ("*", "de"),
        ("en;q=0", "de"),
        ("en;q=0,de", "de"),
        (";;,q=,en;q=x,\xfc", "de"),
        ("", "de"),
        ("a-b-c-d," * 1000, "de"),
    ],
)
def test_the_browser_chooses_where_nothing_is_named(api: Api, accepted: str, language: str) -> None:
    """R-095: by `Accept-Language`, best first; zero means not at all."""
    name = ENGLISH if language == "en" else GERMAN
    assert name_and_language(api, **{"Accept-Language": accepted}) == (name, language)


def test_locale_beats_the_browser(api: Api) -> None:
    """R-095: somebody chose it by hand."""
    german = {"Accept-Language": "de"}
    assert name_and_language(api, "/services.json?locale=en", **german) == (ENGLISH, "en")
    assert name_and_language(api, "/services.json?locale=de", **{"Accept-Language": "en"}) == (GERMAN, "de")


def test_texts_change_and_codes_do_not(api: Api) -> None:
    """R-095: of list, definition, requests; what is not translated stays as it is."""
    german, english = api.get("/services"), api.get("/services", locale="en")
    codes = {service["service_code"]: service["group"] for service in english}
    assert {service["service_code"] for service in german} == set(codes)
    assert {codes["MUELL_WILD"], codes["FAHRZEUG_ALT"]} == {"Cleanliness", "Roads & Traffic"}
    attributes = {}
    for language in ("de", "en"):
        attributes[language] = api.get("/services/FAHRZEUG_ALT", locale=language)["attributes"]
    for here, there in zip(attributes["de"], attributes["en"], strict=True):
        assert (here["code"], here["order"]) == (there["code"], there["order"])
        assert [value["key"] for value in here["values"]] == [value["key"] for value in there["values"]]
    assert attributes["en"][2]["description"] == "Colour of the vehicle"
    assert attributes["en"][0]["description"] == attributes["de"][0]["description"]
    [request] = api.get(f"/requests/{api.report()}", locale="en")
    assert (request["service_name"], request["service_code"]) == (ENGLISH, "MUELL_WILD")


def test_the_notice_of_a_receipt_is_in_the_readers_language(make_core: MakeCore) -> None:
    """R-095: a POST may carry `locale` in its query or its body, or the browser's wish."""
    api = an_api(make_core(a_catalogue()))
    sent = {
        "api_key": api.key,
        "service_code": "FAHRZEUG_ALT",
        "lat": "49.48",
        "long": "8.44",
        "attribute[FARBE]": "blau",
    }
    address = f"{api.base}/requests.json"
    for english in ({"query_string": {"locale": "en"}}, {"headers": {"Accept-Language": "en"}}):
        [receipt] = api.client.post(address, data=sent, **english).get_json()
        assert receipt["service_notice"] == "Checked within 5 working days"
    [receipt] = api.client.post(address, data=sent | {"locale": "en"}).get_json()
    assert receipt["service_notice"] == "Checked within 5 working days"
    [error] = api.client.post(address, json={"locale": "en"}).get_json()
    assert (error["code"], "missing" in error["description"]) == (403, True)
    [receipt] = api.client.post(address, data=sent).get_json()
    assert receipt["service_notice"] == "Prüfung binnen 5 Werktagen"


@pytest.mark.parametrize("suffix", FORMATS)
def test_errors_are_in_the_readers_language_too(api: Api, suffix: str) -> None:
    """R-095, R-185: German unless English is asked for, and then wholly so."""
    for path in ("/services/NICHTS", "/requests/1", "/tokens/x", "/nothing"):
        german, english = api.raw(path + suffix), api.raw(path + suffix, locale="en")
        assert german.data != english.data
        assert (german.headers["Content-Language"], english.headers["Content-Language"]) == ("de", "en")
    in_english = api.raw(f"/services/NICHTS{suffix}", locale="en").text
    assert "there is no NICHTS" in in_english


def test_each_city_has_languages_of_its_own(make_core: MakeCore) -> None:
    """R-095, R-045: a list, its definition and a mistake in the first language of the city they are about."""
    abroad = a_jurisdiction(jurisdiction_id="leeds.example", languages=("en",), aliases=())
    api = an_api(make_core(a_city(), replace(a_city(), jurisdiction=abroad)))
    for path in ("/services", "/services/NICHTS", "/requests", "/requests/1"):
        for city, language in (("leeds.example", "en"), ("ludwigshafen.de", "de")):
            response = api.raw(f"{path}.json", jurisdiction_id=city)
            assert response.headers["Content-Language"] == language
    assert "there is no NICHTS" in api.raw("/services/NICHTS.json", jurisdiction_id="leeds.example").text
