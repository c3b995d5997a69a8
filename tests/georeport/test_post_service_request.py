"""POST service request: the answer, the service, the place, and what is refused."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from sqlalchemy import Connection, text
from werkzeug.test import TestResponse

from open311.core import Core
from open311.model.catalogue import ServiceType
from tests.builders import a_catalogue, a_jurisdiction, a_service, a_vehicle_service, words
from tests.formats.spark import parse_xml
from tests.serving import BASE, Api, Clock, MakeCore, an_api, check_type

FORM = "application/x-www-form-urlencoded; charset=utf-8"
RHINE = {"lat": "49.4811", "long": "8.4464"}
ELSEWHERE = {"lat": "52.52", "long": "13.405"}


def sent(api: Api, body: bytes | str, content_type: str | None = FORM, **query: str) -> TestResponse:
    """The answer in JSON to a body as it is."""
    return api.client.post(f"{BASE}/requests.json", data=body, content_type=content_type, query_string=query)


def a_body(api: Api, **fields: str) -> str:
    return urlencode({"api_key": api.key, "service_code": "MUELL_WILD"} | RHINE | fields)


def descriptions(errors: Any) -> list[str]:
    return [error["description"] for error in errors]


def stored(conn: Connection) -> dict[str, int]:
    """How many rows there are, in every table that a report touches."""
    tables = ("service_requests", "submissions", "reporters", "tokens", "events", "procrastinate_jobs")
    return {name: conn.execute(text(f"select count(*) from {name}")).scalar_one() for name in tables}


# The answer


def test_answer_in_json_is_an_array_of_one_object_with_an_id_as_text(api: Api) -> None:
    """R-096, R-097, R-099, R-102."""
    answer = api.post(status=200)
    assert len(answer) == 1
    assert isinstance(answer[0]["service_request_id"], str)
    assert answer[0]["service_request_id"].isdigit()
    assert "token" not in answer[0]


def test_answer_in_xml_holds_the_id_in_a_request(api: Api) -> None:
    """R-096, R-098, R-099, R-102."""
    answer = api.client.post(
        f"{BASE}/requests.xml", data={"api_key": api.key, "service_code": "MUELL_WILD"} | RHINE
    )
    assert answer.status_code == 200
    check_type(answer, ".xml")
    [request] = parse_xml(answer.data)
    assert request["service_request_id"].isdigit()
    assert "token" not in request


def test_batch_service_answers_with_a_token_alone(make_core: MakeCore) -> None:
    """R-099, R-100."""
    api = an_api(make_core(a_catalogue(a_service(type=ServiceType.BATCH))))
    for suffix in (".json", ".xml"):
        [receipt] = api.post(suffix=suffix)
        assert receipt["token"]
        assert "service_request_id" not in receipt


def test_blackbox_service_answers_with_its_notice_alone(make_core: MakeCore) -> None:
    """R-101."""
    notice = words("Vielen Dank. Die Meldung wurde weitergeleitet.")
    api = an_api(make_core(a_catalogue(a_service(type=ServiceType.BLACKBOX, service_notice=notice))))
    assert api.post() == [{"service_notice": "Vielen Dank. Die Meldung wurde weitergeleitet."}]
    assert api.post(suffix=".xml") == [{"service_notice": "Vielen Dank. Die Meldung wurde weitergeleitet."}]


def test_configured_notice_is_returned(make_core: MakeCore) -> None:
    """R-136."""
    service = a_service(service_notice=words("Binnen 3 Werktagen.", "Within 3 days."))
    api = an_api(make_core(a_catalogue(service)))
    assert api.post()[0]["service_notice"] == "Binnen 3 Werktagen."
    api.headers["Accept-Language"] = "en"
    assert api.post()[0]["service_notice"] == "Within 3 days."


def test_report_can_be_read_at_once(api: Api, clock: Clock) -> None:
    """R-103, R-111: as sent, open, unswapped."""
    number = api.report(
        description="Zwei Matratzen, größer als 1 m", address_string="Ludwigstraße 12", **RHINE
    )
    clock.forward(seconds=1)
    [request] = api.get(f"/requests/{number}")
    assert request["service_request_id"] == number
    assert request["status"] == "open"
    assert request["service_code"] == "MUELL_WILD"
    assert request["service_name"] == "Wilde Müllablagerung"
    assert request["description"] == "Zwei Matratzen, größer als 1 m"
    assert request["address"] == "Ludwigstraße 12"
    assert request["lat"] == pytest.approx(49.4811, abs=1e-6)
    assert request["long"] == pytest.approx(8.4464, abs=1e-6)
    assert number in [request["service_request_id"] for request in api.get("/requests")]


def test_nothing_slow_is_waited_for(make_core: MakeCore, conn: Connection) -> None:
    """R-144: what takes long is handed to the worker, in the transaction of the report."""
    api = an_api(make_core(a_catalogue(a_service(type=ServiceType.BATCH))))
    token = api.post(address_string="Hinter der Pfalzgrafenhalle")[0]["token"]
    jobs = conn.execute(text("select task_name, args, status from procrastinate_jobs")).all()
    assert [tuple(job) for job in jobs] == [("accept_token", {"token": token}, "todo")]


# The place


def test_address_alone_is_enough(api: Api) -> None:
    """R-104."""
    number = api.report(lat=None, long=None, address_string="Bismarckstraße 5, 67059 Ludwigshafen")
    [request] = api.get(f"/requests/{number}")
    assert request["address"] == "Bismarckstraße 5, 67059 Ludwigshafen"
    assert (request["lat"], request["long"], request["address_id"]) == (None, None, None)


def test_address_id_alone_is_enough_and_marked_for_staff(api: Api, conn: Connection) -> None:
    """R-105: without a register of addresses it is accepted, and flagged."""
    number = api.report(lat=None, long=None, address_id="0731400012")
    assert api.get(f"/requests/{number}")[0]["address_id"] == "0731400012"
    flag = "select address_unchecked from submissions where service_request_id = :id"
    assert conn.execute(text(flag), {"id": number}).scalar_one() is True


def test_a_phone_without_a_position_has_none(make_core: MakeCore) -> None:
    """R-177, R-106: 0/0 is no place, also where no boundary keeps it out."""
    api = an_api(make_core(OPEN311_CHECK_BOUNDARY="off"))
    [request] = api.get(f"/requests/{api.report(lat='0.0', long='-0', address_string='Am Rathaus')}")
    assert (request["lat"], request["long"], request["address"]) == (None, None, "Am Rathaus")
    [error] = api.post(status=400, lat="0", long="0")
    assert "address_string" in error["description"]


def test_no_place_at_all_names_the_three_alternatives(api: Api) -> None:
    """R-106."""
    [error] = api.post(status=400, lat=None, long=None)
    assert error["code"] == 400
    for name in ("lat", "long", "address_string", "address_id"):
        assert name in error["description"]


@pytest.mark.parametrize("missing", ["lat", "long"])
@pytest.mark.parametrize("address", [None, "Ludwigstraße 12"])
@pytest.mark.parametrize("absent", [None, ""])
def test_half_a_point_is_refused(api: Api, missing: str, address: str | None, absent: str | None) -> None:
    """R-107: even when an address is there."""
    [error] = api.post({missing: absent}, status=400, address_string=address)
    assert "lat" in error["description"]
    assert "long" in error["description"]


def test_empty_coordinates_count_as_none(api: Api) -> None:
    """R-108, R-028."""
    number = api.report(lat="", long="", address_string="Ludwigstraße 12")
    [request] = api.get(f"/requests/{number}")
    assert (request["lat"], request["long"]) == (None, None)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("lat", "91"),
        ("lat", "-90.0001"),
        ("long", "181"),
        ("long", "-181"),
        ("lat", "abc"),
        ("lat", "NaN"),
        ("long", "nan"),
        ("lat", "inf"),
        ("long", "8,4,4"),
        ("long", "8.444,44"),
        ("lat", "1e99"),
        ("lat", "٤٩"),
        ("lat", "0x31"),
        ("lat", "4_9"),
    ],
)
def test_impossible_coordinates_are_refused(api: Api, name: str, value: str) -> None:
    """R-109."""
    errors = api.post({name: value}, status=400, address_string="Ludwigstraße 12")
    assert any(name in description for description in descriptions(errors))


def test_all_three_kinds_of_place_are_kept(api: Api) -> None:
    """R-110."""
    number = api.report(**RHINE, address_string="Ludwigstraße 12", address_id="4711")
    [request] = api.get(f"/requests/{number}")
    assert (request["lat"], request["long"]) == (49.4811, 8.4464)
    assert (request["address"], request["address_id"]) == ("Ludwigstraße 12", "4711")


def test_place_outside_the_city_is_refused_in_clear_words(api: Api) -> None:
    """R-112."""
    [error] = api.post(ELSEWHERE, status=400)
    assert "Ludwigshafen" in error["description"]


def test_place_outside_is_accepted_when_the_check_is_off(make_core: MakeCore) -> None:
    """R-112."""
    number = an_api(make_core(OPEN311_CHECK_BOUNDARY="off")).report(**ELSEWHERE)
    assert number.isdigit()


def test_decimal_comma_of_a_phone_is_understood(api: Api) -> None:
    [request] = api.get(f"/requests/{api.report(lat='49,4811', long='8,4464')}")
    assert (request["lat"], request["long"]) == (49.4811, 8.4464)


@pytest.mark.parametrize("alias", ["lon", "lng"])
def test_long_has_aliases(api: Api, alias: str) -> None:
    """R-113."""
    number = api.report(**{alias: "8.4464"}, long=None)
    assert api.get(f"/requests/{number}")[0]["long"] == 8.4464


def test_long_beats_its_aliases(api: Api) -> None:
    """R-113: used only when `long` is absent."""
    number = api.report(lon="8.5", long="8.4464")
    assert api.get(f"/requests/{number}")[0]["long"] == 8.4464


# The service


@pytest.mark.parametrize("code", [None, "", "  "])
def test_service_code_is_needed(api: Api, code: str | None) -> None:
    """R-114."""
    [error] = api.post(status=400, service_code=code)
    assert "service_code" in error["description"]


@pytest.mark.parametrize("code", ["NIRGENDS", "muell_wild", "MUELL_WILD/..", "x" * 100])
def test_unknown_service_code_is_404(api: Api, code: str) -> None:
    """R-115."""
    [error] = api.post(status=404, service_code=code)
    assert error["code"] == 404
    assert "service_code" in error["description"]


def test_inactive_service_is_404(make_core: MakeCore) -> None:
    """R-079, R-115."""
    an_api(make_core(a_catalogue(a_service(active=False)))).post(status=404)


# Several mistakes, and nothing stored


def test_each_mistake_is_told_in_one_answer(api: Api) -> None:
    """R-137: one `error` per mistake; service, place, attributes, then the rest."""
    errors = api.post(
        {"service_code": "FAHRZEUG_ALT", "lat": "abc", "email": "kim", "media_url": "javascript:alert(1)"},
        status=400,
    )
    told = descriptions(errors)
    assert {error["code"] for error in errors} == {400}
    assert len(told) == 4
    assert "lat" in told[0]
    assert "FARBE required" in told[1]
    assert any("email" in line for line in told[2:])
    assert any("media_url" in line for line in told[2:])


def test_mistakes_are_told_even_without_a_service_code(api: Api) -> None:
    """R-137: service_code first, then the place."""
    told = descriptions(api.post(status=400, service_code=None, lat=None, long=None, email="kim"))
    assert len(told) == 3
    assert "service_code" in told[0]
    assert "address_string" in told[1]
    assert "email" in told[2]


def test_bad_key_is_told_alone_and_before_all_else(api: Api) -> None:
    """R-048, R-137: nobody without a key learns what else is wrong (georeport.md 4.1)."""
    api.key = "guessed"
    [error] = api.post(status=403, jurisdiction_id="nirgends.de", lat="abc", service_code=None)
    assert error["code"] == 403
    assert "api_key" in error["description"]


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"api_key": None}, 403),
        ({"api_key": "unknown"}, 403),
        ({"jurisdiction_id": "nirgends.de"}, 404),
        ({"service_code": "NIRGENDS"}, 404),
        ({"service_code": None}, 400),
        ({"lat": "91"}, 400),
        ({"long": None}, 400),
        (ELSEWHERE, 400),
        ({"service_code": "FAHRZEUG_ALT"}, 400),
        ({"service_code": "FAHRZEUG_ALT", "attribute[FARBE]": "lila"}, 400),
        ({"email": "kim"}, 400),
        ({"media_url": "nonsense"}, 400),
        ({"description": "x" * 4001}, 400),
    ],
)
def test_nothing_is_stored_of_what_is_refused(
    api: Api, conn: Connection, fields: dict[str, Any], status: int
) -> None:
    """R-138, R-048, R-049, R-130."""
    before = stored(conn)
    personal = {"email": "kim@example.org", "client_request_id": "once"}
    api.post(personal | fields, status=status)
    assert stored(conn) == before


# The rest of the arguments


@pytest.mark.parametrize(
    "email",
    [
        *("kim", "kim@", "@example.org", "kim@example", "a b@example.org", "kim@@x.org", "kim@x..org"),
        *("mailto:kim@example.org", "kim@example.org,", "kim@example.org;", "(kim)kim@example.org"),
    ],
)
def test_malformed_email_is_refused(api: Api, email: str) -> None:
    """R-133."""
    [error] = api.post(status=400, email=email)
    assert "email" in error["description"]


@pytest.mark.parametrize(
    "email", ["kim@example.org", " kim@example.org ", "k.i+m@sub.example.org", "jörg@müller.de"]
)
def test_usual_email_is_accepted(api: Api, email: str) -> None:
    """R-133."""
    api.report(email=email)


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "not a URL",
        "ftp://example.org/a.jpg",
        "http://",
        "data:image/png;base64,AA",
        "//x.org/a",
        "http://two words/a.jpg",
        "http://example.org/a\nb.jpg",
        "http://kim:secret@example.org/a.jpg",
        "http://example.org:99999/a.jpg",
        "http://example.org/" + "a" * 2000,
    ],
)
def test_media_url_that_is_none_is_refused(api: Api, address: str) -> None:
    """R-134."""
    [error] = api.post(status=400, media_url=address)
    assert "media_url" in error["description"]


def test_media_url_comes_back(api: Api) -> None:
    """R-134, R-178: repeated, the first is the one."""
    number = api.report(media_url=["https://example.org/1.jpg", "https://example.org/2.jpg"])
    assert api.get(f"/requests/{number}")[0]["media_url"] == "https://example.org/1.jpg"


@pytest.mark.parametrize(
    "name", ["description", "email", "phone", "media_url", "address_id", "title", "account_id"]
)
def test_empty_is_as_good_as_absent(api: Api, name: str) -> None:
    """R-028, R-132."""
    for value in ("", "   ", None):
        number = api.report(**{name: value})
        assert api.get(f"/requests/{number}")[0]["description"] == ""


@pytest.mark.parametrize("nothing", ["null", "undefined", " (null) "])
def test_words_for_nothing_are_as_good_as_absent(api: Api, nothing: str) -> None:
    """georeport.md 6.1 Q2: CUTR's app writes `null`, browsers and iOS have words of their own."""
    names = ("description", "email", "first_name", "phone", "media_url", "address_id", "lat", "long")
    number = api.report(**dict.fromkeys(names, nothing), address_string="Ludwigstraße 12")
    [request] = api.get(f"/requests/{number}")
    assert [request[name] for name in ("description", "media_url", "address_id", "lat")] == [
        "",
        None,
        None,
        None,
    ]


def test_blanks_around_a_code_do_not_count(api: Api) -> None:
    api.report(service_code=" MUELL_WILD ", jurisdiction_id="\r\n ludwigshafen.de", lat=" 49.4811\n")
    assert api.get("/services", jurisdiction_id=" ludwigshafen.de ")


def test_unknown_fields_are_ignored(api: Api) -> None:
    """R-019, georeport.md 6.1 Q2."""
    api.report(service_name="Wilder Müll", summary="null", city_id="1", deviceid="abc")


# Encodings and media types


@pytest.mark.parametrize("content_type", [None, "text/plain", "text/xml", "application/octet-stream"])
def test_other_media_types_are_400(api: Api, content_type: str | None) -> None:
    """R-139, R-188."""
    answer = sent(api, a_body(api), content_type)
    assert answer.status_code == 400
    check_type(answer, ".json")
    assert answer.json[0]["code"] == 400


def test_multipart_without_files_is_a_form(api: Api) -> None:
    """R-140."""
    answer = api.client.post(
        f"{BASE}/requests.json",
        data={"api_key": api.key, "service_code": "MUELL_WILD", "description": "Größe"} | RHINE,
        content_type="multipart/form-data",
    )
    assert answer.status_code == 200
    assert api.get(f"/requests/{answer.json[0]['service_request_id']}")[0]["description"] == "Größe"


def test_unquoted_boundary_with_equals_signs_is_read(api: Api) -> None:
    """R-141: and the last value loses its line end."""
    boundary = "===1772439000000==="
    fields = {"api_key": api.key, "service_code": "MUELL_WILD", "lat": "49.48", "long": "8.44"}
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n'
        f"Content-Type: text/plain; charset=UTF-8\r\n\r\n{value}\r\n"
        for name, value in (fields | {"description": "Sofa\r\n"}).items()
    ]
    body = "".join(parts) + f"--{boundary}--\r\n"
    for content_type in ("multipart/form-data; boundary=", "Multipart/Form-Data; charset=UTF-8; Boundary="):
        answer = sent(api, body, f"{content_type}{boundary}")
        assert answer.status_code == 200, answer.text
        assert api.get(f"/requests/{answer.json[0]['service_request_id']}")[0]["description"] == "Sofa"


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("multipart/form-data", b"--x\r\n"),
        ("multipart/form-data; boundary=x", b"no boundary anywhere"),
        ("multipart/form-data; boundary=x", b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\ncut'),
        ("application/json", b"{"),
        ("application/json", b"[]"),
        ("application/json", b'"text"'),
        ("application/json", b"[" * 100_000),
        ("application/json", b"\xff"),
        ("application/json", b'{"lat": 1' + b"0" * 5000 + b"}"),
        (FORM, b"&".join(b"a=1" for _ in range(3000))),
    ],
)
def test_unreadable_body_is_400(api: Api, content_type: str, body: bytes) -> None:
    """R-139, R-186, R-188: the key comes by the query, so that only the body is to blame."""
    answer = sent(api, body, content_type, api_key=api.key)
    assert answer.status_code == 400
    check_type(answer, ".json")
    assert all(error["description"] for error in answer.json)


def test_windows_1252_is_understood(api: Api) -> None:
    """R-029."""
    answer = sent(api, a_body(api) + "&description=M%FCll+10+%80")
    assert answer.status_code == 200
    number = answer.json[0]["service_request_id"]
    assert api.get(f"/requests/{number}")[0]["description"] == "Müll 10 €"


def test_json_body_is_understood(make_core: MakeCore) -> None:
    """R-142: flat, attributes in an object of their own."""
    api = an_api(make_core(a_catalogue(a_vehicle_service(moderated=False))))
    posted = {
        "api_key": api.key,
        "service_code": "FAHRZEUG_ALT",
        "lat": 49.4811,
        "long": 8.4464,
        "description": "Größe\r\nzwei",
        "email": None,
        "attribute": {"FARBE": "blau", "ZUSTAND": ["reifen", "glas"]},
    }
    answer = api.client.post(f"{BASE}/requests.json", json=posted)
    assert answer.status_code == 200, answer.text
    [request] = api.get(f"/requests/{answer.json[0]['service_request_id']}", extensions="true")
    assert (request["lat"], request["long"]) == (49.4811, 8.4464)
    assert request["description"] == "Größe\nzwei"
    assert [(attribute["code"], attribute["value"]) for attribute in request["attributes"]] == [
        ("FARBE", "blau"),
        ("ZUSTAND", "reifen"),
        ("ZUSTAND", "glas"),
    ]


def test_double_slash_and_trailing_slash_need_no_redirect(api: Api) -> None:
    """R-016, R-017."""
    for path in (f"{BASE}//requests.json", "/open311//v2/requests.json/", f"{BASE}/requests.JSON"):
        assert api.client.post(path, data=a_body(api), content_type=FORM).status_code == 200


def test_without_a_suffix_accept_decides(api: Api) -> None:
    """R-011, R-012."""
    for accept, kind in (("application/json", "application/json"), ("text/html", "text/xml")):
        answer = api.client.post(
            f"{BASE}/requests", data=a_body(api), content_type=FORM, headers={"Accept": accept}
        )
        assert (answer.status_code, answer.mimetype) == (200, kind)


# Repetition


def test_repeated_client_request_id_is_one_report(api: Api, conn: Connection, clock: Clock) -> None:
    """R-143."""
    first = api.post(client_request_id="c-1")
    clock.forward(hours=23, minutes=59)
    before = stored(conn)
    assert api.post(client_request_id="c-1") == first
    assert stored(conn) == before


def test_client_request_id_is_forgotten_after_a_day(api: Api, clock: Clock) -> None:
    """R-143."""
    first = api.report(client_request_id="c-1")
    clock.forward(hours=24, seconds=1)
    assert api.report(client_request_id="c-1") != first


def test_another_key_or_another_word_is_another_report(core: Core, api: Api, clock: Clock) -> None:
    """R-143: same key and same value."""
    first = api.report(client_request_id="c-1")
    clock.forward(seconds=1)
    assert api.report(client_request_id="c-2") != first
    assert an_api(core).report(client_request_id="c-1") != first


def test_repeated_batch_report_has_the_same_token(make_core: MakeCore) -> None:
    """R-143, R-100."""
    api = an_api(make_core(a_catalogue(a_service(type=ServiceType.BATCH))))
    assert api.post(client_request_id="c-1") == api.post(client_request_id="c-1")


def test_repetition_gets_the_first_answer_whatever_it_says_now(make_core: MakeCore) -> None:
    """R-143: also when the service is another, of another type."""
    batch = a_service(service_code="KANAL", type=ServiceType.BATCH)
    api = an_api(make_core(a_catalogue(a_service(), batch)))
    first = api.post(client_request_id="c-1")
    assert api.post(client_request_id="c-1", service_code="KANAL") == first


def test_trial_at_the_test_endpoint_does_not_swallow_the_real_report(api: Api) -> None:
    """R-143, R-045: the test endpoint is a name space of its own."""
    trial = Api(api.client, api.key, base="/open311/test/v2")
    answer = api.client.post(
        f"{trial.base}/requests.json", data=a_body(api, client_request_id="c-1"), content_type=FORM
    )
    tried = answer.json[0]["service_request_id"]
    real = api.report(client_request_id="c-1")
    assert real != tried
    api.get(f"/requests/{real}")
    api.get(f"/requests/{tried}", status=404)
    trial.get(f"/requests/{tried}")
    trial.get(f"/requests/{real}", status=404)


# The key and the jurisdiction


@pytest.mark.parametrize("key", [None, "", " ", "unknown"])
@pytest.mark.parametrize("suffix", [".json", ".xml"])
def test_report_needs_a_key(api: Api, key: str | None, suffix: str) -> None:
    """R-048, R-049, R-055: never 401."""
    [error] = api.post(status=403, suffix=suffix, api_key=key)
    assert str(error["code"]) == "403"


def test_key_is_found_in_query_and_header(api: Api) -> None:
    """R-050, R-051, R-052."""
    key, api.key = api.key, ""
    assert sent(api, a_body(api, api_key=key)).status_code == 200
    assert sent(api, a_body(api), api_key=key).status_code == 200
    api.headers = {"Authorization": f"Bearer {key}"}
    api.report()


def test_jurisdiction_is_found_in_body_or_query_and_the_body_wins(make_core: MakeCore) -> None:
    """R-044, R-046, R-047."""
    mannheim = a_jurisdiction(jurisdiction_id="mannheim.de", aliases=(), name=words("Mannheim"))
    api = an_api(make_core(a_catalogue(), a_catalogue(jurisdiction=mannheim)))
    [error] = sent(api, a_body(api)).json
    assert error["code"] == 400
    assert "jurisdiction_id" in error["description"]
    assert sent(api, a_body(api), jurisdiction_id="").status_code == 400
    assert sent(api, a_body(api, jurisdiction_id="nirgends.de")).status_code == 404
    in_query = sent(api, a_body(api), jurisdiction_id="mannheim.de").json[0]["service_request_id"]
    in_both = sent(api, a_body(api, jurisdiction_id="mannheim.de"), jurisdiction_id="ludwigshafen.de").json
    for number in (in_query, in_both[0]["service_request_id"]):
        api.get(f"/requests/{number}", jurisdiction_id="mannheim.de")
        api.get(f"/requests/{number}", 404, jurisdiction_id="ludwigshafen.de")


def test_expected_datetime_follows_from_the_response_time(make_core: MakeCore, clock: Clock) -> None:
    """R-103, R-020."""
    service = replace(a_service(moderated=False), response_time=timedelta(days=3))
    api = an_api(make_core(a_catalogue(service)))
    number = api.report()
    assert api.get(f"/requests/{number}")[0]["expected_datetime"] == "2026-03-05T09:30:00+01:00"
