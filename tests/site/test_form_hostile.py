"""The form and those who mean it ill, or only type oddly: a clear word, nothing lost, nothing stored twice."""

import base64
import hashlib
import json
from typing import Any

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, text

from open311.base.text import trimmed
from tests.builders import a_catalogue, a_vehicle_service
from tests.client import client_of
from tests.serving import Clock, MakeCore
from tests.site.test_form import at_check, at_details
from tests.site.visitor import Visitor

SHARED = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
STEPS = ("place", "category", "details", "contact", "check", "danger")
NAMES = (
    *("address", "lat", "long", "placed", "choice", "forget_position", "service_code", "words", "action"),
    *("description", "email", "phone", "first_name", "last_name", "follow", "shown", "altcha", "homepage"),
    *("attribute[FARBE]", "attribute[X][]", "media"),
)
ODD = st.one_of(
    st.text(max_size=60),
    st.sampled_from(
        [
            "<script>alert(1)</script>",
            "'; drop table drafts; --",
            "{0.__class__}",
            "{{ 7*7 }}",
            "a" * 60_000,
            "NaN|NaN|x",
            "1e999|8|x",
            "me_too:99999999999999999999",
            "me_too:",
            "remove:9999999999999999999999",
            "remove:x",
            "\u202eabc",
            "%s%n",
            "null",
        ]
    ),
)


def sent(conn: Connection) -> int:
    """How many reports there are."""
    found: int = conn.execute(text("select count(*) from service_requests")).scalar_one()
    return found


@SHARED
@given(step=st.sampled_from(STEPS), fields=st.dictionaries(st.sampled_from(NAMES), ODD, max_size=6))
def test_odd_fields_never_break_a_step(client: FlaskClient, step: str, fields: dict[str, Any]) -> None:
    visitor = at_details(Visitor(client).open("/report"))
    answer = client.post(f"/report/{visitor.word}/{step}", data=fields)
    assert answer.status_code in (200, 302, 303, 400, 404, 409)
    assert "<script>alert(1)" not in answer.text
    assert client.get(f"/report/{visitor.word}/check").status_code in (200, 303)


@SHARED
@given(words=st.text(min_size=1, max_size=200).filter(lambda words: words.strip()))
def test_any_text_survives_the_form(client: FlaskClient, words: str) -> None:
    visitor = at_details(Visitor(client).open("/report"))
    client.post(f"/report/{visitor.word}/details", data={"description": words, "shown": ""})
    kept = visitor.open(f"/report/{visitor.word}/details").value("description")
    assert kept == (trimmed(words) if trimmed(words).strip() else "")


@pytest.mark.parametrize("word", ["x", "../../etc/passwd", "a" * 5000, "%00", "ä"])
def test_no_word_but_the_right_one_opens_a_draft(client: FlaskClient, word: str) -> None:
    assert client.get(f"/report/{word}/check").status_code == 404


def test_a_body_that_cannot_be_read_is_told(client: FlaskClient) -> None:
    visitor = at_details(Visitor(client).open("/report"))
    answer = client.post(f"/report/{visitor.word}/details", data=b"{", content_type="text/plain")
    assert answer.status_code == 400
    assert answer.mimetype == "text/html"


def test_the_hidden_field_stops_programs_and_loses_nothing(
    client: FlaskClient, clock: Clock, conn: Connection
) -> None:
    visitor = at_check(Visitor(client).open("/report"), clock)
    visitor.fill(homepage="https://spam.example").press("Meldung absenden")
    assert visitor.response.status_code == 400
    assert "Drei Matratzen" in visitor.text
    assert sent(conn) == 0
    visitor.press("Meldung absenden")
    assert sent(conn) == 1


def solved(challenge: dict[str, Any]) -> str:
    """What a browser answers."""
    number = next(
        number
        for number in range(challenge["maxNumber"] + 1)
        if hashlib.sha256(f"{challenge['salt']}{number}".encode()).hexdigest() == challenge["challenge"]
    )
    kept = {name: challenge[name] for name in ("algorithm", "challenge", "salt", "signature")}
    return base64.b64encode(json.dumps(kept | {"number": number}).encode()).decode()


def quick(client: FlaskClient) -> Visitor:
    """Everything filled in within a second."""
    return at_details(Visitor(client).open("/report")).press("Weiter").press("Weiter")


def challenge_of(visitor: Visitor) -> dict[str, Any]:
    """What the page asks to be computed."""
    found: dict[str, Any] = json.loads(visitor.page.xpath("//input[@name='altcha']/@data-challenge")[0])
    return found


def test_whoever_has_computed_need_not_wait(client: FlaskClient, conn: Connection) -> None:
    visitor = quick(client)
    visitor.fill(altcha=solved(challenge_of(visitor))).press("Meldung absenden")
    assert sent(conn) == 1


def test_without_computing_a_form_is_not_filled_in_at_once(
    client: FlaskClient, conn: Connection, clock: Clock
) -> None:
    visitor = quick(client).press("Meldung absenden")
    assert "Das ging sehr schnell" in visitor.text
    assert sent(conn) == 0
    clock.forward(seconds=5)
    visitor.press("Meldung absenden")
    assert sent(conn) == 1


def test_the_work_for_another_draft_proves_nothing(client: FlaskClient, conn: Connection) -> None:
    other = solved(challenge_of(quick(client)))
    quick(client).fill(altcha=other).press("Meldung absenden")
    assert sent(conn) == 0


@pytest.mark.parametrize(
    "proof",
    [
        "x",
        "e30=",
        "bnVsbA==",
        "WzFd",
        base64.b64encode(b'{"salt": 1, "algorithm": []}').decode(),
        "=" * 40_000,
    ],
)
def test_a_proof_that_is_none_is_like_no_proof(client: FlaskClient, conn: Connection, proof: str) -> None:
    assert "Das ging sehr schnell" in quick(client).fill(altcha=proof).press("Meldung absenden").text


def test_drafts_prepared_side_by_side_are_not_sent_at_once(make_core: MakeCore, clock: Clock) -> None:
    """Each is old enough; together they are quicker than anybody reads."""
    core = make_core(
        OPEN311_RATE_LIMITS="on", OPEN311_REPORTS_PER_HOUR="300", OPEN311_RATE_LIMIT_POST="100000"
    )
    client = client_of(core)
    prepared = [at_check(Visitor(client).open("/report"), clock) for _ in range(4)]
    answers = [visitor.press("Meldung absenden").response.status_code for visitor in prepared]
    assert answers.count(400) >= 1
    assert answers[0] != 400


def test_an_address_sends_so_many_reports_an_hour(
    make_core: MakeCore, clock: Clock, conn: Connection
) -> None:
    core = make_core(OPEN311_RATE_LIMITS="on", OPEN311_REPORTS_PER_HOUR="6", OPEN311_RATE_LIMIT_POST="100000")
    client = client_of(core)
    for _ in range(2):
        at_check(Visitor(client).open("/report"), clock).press("Meldung absenden")
    visitor = at_check(Visitor(client).open("/report"), clock).press("Meldung absenden")
    assert visitor.response.status_code == 429
    assert "Das geht im Moment nicht" in visitor.text
    assert int(visitor.response.headers["Retry-After"]) > 60
    assert "Drei Matratzen" in visitor.text
    assert sent(conn) == 2


def test_names_are_shown_as_text(make_core: MakeCore) -> None:
    client = client_of(make_core(a_catalogue(a_vehicle_service())))
    visitor = at_details(Visitor(client).open("/report"), "FAHRZEUG_ALT")
    visitor.fill(**{"attribute[KENNZEICHEN]": '"><img src=x>', "attribute[FARBE]": "rot"}).press("Weiter")
    visitor.follow("Einzelheiten")
    assert visitor.page.get_element_by_id("attribute-KENNZEICHEN").get("value") == '"><img src=x>'
