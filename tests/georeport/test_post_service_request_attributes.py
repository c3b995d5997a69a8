"""POST service request: answers to the attributes of a service, in every spelling that clients use."""

import itertools
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from sqlalchemy import Connection, text

from open311.model.catalogue import Condition, Datatype
from tests.builders import a_catalogue, a_vehicle_service, an_attribute, attributes_of_a_vehicle, words
from tests.serving import BASE, Api, MakeCore, an_api

FORM = "application/x-www-form-urlencoded"
MORE = (
    an_attribute("ANZAHL", 5, words("Anzahl"), datatype=Datatype.NUMBER, public=True),
    an_attribute("SEIT", 6, words("Seit wann?"), datatype=Datatype.DATETIME, public=True),
    an_attribute("MEHR", 7, words("Was noch?"), public=True),
)


@pytest.fixture
def api(make_core: MakeCore) -> Api:
    """A server with one service that has attributes of every kind and is published at once."""
    service = a_vehicle_service(moderated=False, attributes=(*attributes_of_a_vehicle(), *MORE))
    return an_api(make_core(a_catalogue(service)))


def post(api: Api, pairs: str, status: int = 200) -> Any:
    """The answer to a vehicle with these answers, encoded as they are."""
    head = {"api_key": api.key, "service_code": "FAHRZEUG_ALT", "lat": "49.48", "long": "8.44"}
    answer = api.client.post(f"{BASE}/requests.json", data=f"{urlencode(head)}&{pairs}", content_type=FORM)
    assert answer.status_code == status, answer.text
    return answer.json


def shown(api: Api, pairs: str) -> dict[str, list[str]]:
    """What everybody reads of the answers, code → values."""
    number = post(api, pairs)[0]["service_request_id"]
    [request] = api.get(f"/requests/{number}", extensions="true")
    by_code = itertools.groupby(request["attributes"], key=lambda answer: answer["code"])
    return {code: [answer["value"] for answer in answers] for code, answers in by_code}


BLUE = "attribute[FARBE]=blau"


@pytest.mark.parametrize(
    "sent", ["", "attribute[FARBE]=", "attribute[FARBE]=+%09+", "attribute[FARBE][]=", "FARBE=blau"]
)
def test_missing_required_answer_is_told_with_its_code(api: Api, sent: str) -> None:
    """R-116, R-117."""
    [error] = post(api, sent, 400)
    assert error["code"] == 400
    assert "FARBE required" in error["description"]
    assert "Farbe des Fahrzeugs" in error["description"]


@pytest.mark.parametrize("sent", ["", "&attribute[ZUSTAND][]=", "&attribute[ZUSTAND]=&attribute[ANZAHL]=++"])
def test_optional_answer_may_be_missing_or_empty(api: Api, sent: str) -> None:
    """R-118."""
    assert shown(api, BLUE + sent) == {"FARBE": ["blau"]}


@pytest.mark.parametrize(
    "sent",
    [
        "attribute[ZUSTAND][]=reifen&attribute[ZUSTAND][]=oel",
        "attribute%5BZUSTAND%5D%5B%5D=reifen&attribute%5BZUSTAND%5D%5B%5D=oel",
        "attribute[ZUSTAND][0]=reifen&attribute[ZUSTAND][1]=oel",
        "attribute%5bZUSTAND%5d%5b0%5d=reifen&attribute%5bZUSTAND%5d%5b1%5d=oel",
        "attribute[ZUSTAND]=reifen&attribute[ZUSTAND]=oel",
        "attribute%5BZUSTAND]=reifen&attribute[ZUSTAND%5D=oel",
        "attribute[ZUSTAND][]=reifen&attribute[ZUSTAND]=&attribute[ZUSTAND]=oel",
        "attribute[ZUSTAND]=reifen,oel",
        "attribute[ZUSTAND]=REIFEN%2C+Oel%2C",
    ],
)
def test_every_spelling_of_several_values_is_understood(api: Api, sent: str) -> None:
    """R-119, R-120, R-121."""
    assert shown(api, f"{BLUE}&{sent}") == {"FARBE": ["blau"], "ZUSTAND": ["reifen", "oel"]}


def test_single_value_for_several_is_enough(api: Api) -> None:
    """R-120."""
    assert shown(api, f"{BLUE}&attribute[ZUSTAND]=glas")["ZUSTAND"] == ["glas"]


@pytest.mark.parametrize("name", ["attribute[FARBE]", "attribute[FARBE][]", "attribute[FARBE][0]"])
def test_single_choice_may_come_in_list_spelling(api: Api, name: str) -> None:
    """R-120, R-121."""
    assert shown(api, f"{name}=rot")["FARBE"] == ["rot"]
    assert shown(api, f"{quote(name)}=rot")["FARBE"] == ["rot"]


@pytest.mark.parametrize(
    ("code", "value"),
    [
        ("FARBE", "lila"),
        ("FARBE", "rot,blau"),
        ("ZUSTAND", "rost"),
        ("ZUSTAND", "glas,rost"),
        ("ZUSTAND", ","),
    ],
)
def test_value_not_among_the_choices_is_named(api: Api, code: str, value: str) -> None:
    """R-122."""
    errors = post(api, f"{BLUE if code != 'FARBE' else ''}&attribute[{code}]={value}", 400)
    assert any(code in error["description"] and value in error["description"] for error in errors)


def test_two_values_for_a_single_choice_are_refused(api: Api) -> None:
    """R-123."""
    [error] = post(api, "attribute[FARBE]=blau&attribute[FARBE]=rot", 400)
    assert "FARBE" in error["description"]


@pytest.mark.parametrize("code", ["ANZAHL", "SEIT"])
def test_letters_are_no_number_and_no_date(api: Api, code: str) -> None:
    """R-124."""
    [error] = post(api, f"{BLUE}&attribute[{code}]=abc", 400)
    assert code in error["description"]
    assert "abc" in error["description"]


@pytest.mark.parametrize("sent", ["31.12.2026", "2026-12-31"])
def test_german_date_is_kept_as_iso(api: Api, sent: str) -> None:
    """R-125."""
    assert shown(api, f"{BLUE}&attribute[SEIT]={sent}")["SEIT"] == ["2026-12-31"]


@pytest.mark.parametrize("sent", ["31.02.2026", "2026-13-45"])
def test_impossible_date_is_refused(api: Api, sent: str) -> None:
    """R-124."""
    post(api, f"{BLUE}&attribute[SEIT]={sent}", 400)


def test_answers_nobody_asked_for_are_kept_for_staff(api: Api, conn: Connection) -> None:
    """R-126: FixMyStreet always adds its own."""
    sent = f"{BLUE}&attribute[fixmystreet_id]=4711&attribute[easting]=&attribute[title]=M%C3%BCll"
    number = post(api, sent)[0]["service_request_id"]
    stored = conn.execute(
        text("select attributes from submissions where service_request_id = :id"), {"id": number}
    )
    assert stored.scalar_one() == {"fixmystreet_id": ["4711"], "title": ["Müll"]}


def test_information_takes_no_answer(api: Api, conn: Connection) -> None:
    """R-127: never required, and what is posted is ignored."""
    number = post(api, f"{BLUE}&attribute[HINWEIS]=verstanden")[0]["service_request_id"]
    everything = (
        "select r::text || s::text from service_requests r join submissions s on s.service_request_id = r.id"
    )
    kept = conn.execute(text(f"{everything} where r.id = :id"), {"id": number}).scalar_one()
    assert "verstanden" not in kept


def test_question_with_a_condition_is_required_only_when_it_holds(make_core: MakeCore) -> None:
    """R-116, R-118."""
    when = Condition("FARBE", frozenset({"rot"}))
    tint = an_attribute("TON", 5, words("Welches Rot?"), required=True, only_if=when)
    service = a_vehicle_service(moderated=False, attributes=(*attributes_of_a_vehicle(), tint))
    api = an_api(make_core(a_catalogue(service)))
    post(api, "attribute[FARBE]=blau")
    [error] = post(api, "attribute[FARBE]=rot", 400)
    assert "TON required" in error["description"]


def test_each_wrong_answer_is_an_error_of_its_own(api: Api) -> None:
    """R-137."""
    errors = post(api, "attribute[FARBE]=lila&attribute[ZUSTAND][]=rost&attribute[ANZAHL]=viele", 400)
    told = " / ".join(error["description"] for error in errors)
    assert all(code in told for code in ("FARBE", "ZUSTAND", "ANZAHL"))
    assert len(errors) == 3


def test_words_of_the_error_are_in_the_readers_language(api: Api) -> None:
    """R-116: `CODE required` in every language, for programs look for it."""
    api.headers["Accept-Language"] = "en"
    [error] = api.post(status=400, service_code="FAHRZEUG_ALT")
    assert error["description"] == "FARBE required: Colour of the vehicle"
