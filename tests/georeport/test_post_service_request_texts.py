"""POST service request: any text is kept as it was written, and says the same in both formats."""

import re
import string
from unicodedata import normalize

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from open311.base.text import trimmed
from open311.web.parameters import NOTHING
from tests.builders import a_catalogue, a_service, an_attribute, words
from tests.serving import BASE, Api, MakeCore, an_api

TEXT = "MEHR"
anything = settings(
    deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.fixture
def api(make_core: MakeCore) -> Api:
    """A server whose one service asks a question that is answered in free words."""
    question = an_attribute(TEXT, 1, words("Was noch?"), public=True)
    return an_api(make_core(a_catalogue(a_service(moderated=False, attributes=(question,)))))


def expected(written: str) -> str:
    """georeport.md 3.1 and 3.5: LF line ends, nothing that XML 1.0 cannot carry, no white space around it; NFC."""
    characters = re.sub("\r\n|\r", "\n", written)
    carried = "".join(
        character for character in characters if character in "\t\n" or _is_carried(ord(character))
    )
    return normalize("NFC", carried.strip()) if trimmed(carried) else ""


def _is_carried(point: int) -> bool:
    return 0x20 <= point <= 0xD7FF or 0xE000 <= point <= 0xFFFD or point >= 0x10000


@anything
@given(written=st.text(max_size=300))
@example("Wilder Müll in der Straße & <b>mehr</b> \"']]>")
@example("a\x00b\x0bc\x1fd\ufffe\uffffe")
@example("eins\r\nzwei\rdrei\n\n vier \n ")
@example("\u2028\x85\ufeff𝄞 \u202e")
@example("\u202e\u200b \u3164")
@example(" null ")
@example("undefined")
@example("\r\x00\n")
def test_any_description_comes_back(api: Api, written: str) -> None:
    """R-004, R-007, R-008, R-128, R-131."""
    number = api.report(description=written)
    # CUTR's app writes the word null for nothing (georeport.md 6.1 Q2).
    wanted = "" if expected(written) in NOTHING else expected(written)
    [single] = api.get(f"/requests/{number}")
    assert single["description"] == wanted
    assert api.get("/requests", service_request_id=number) == [single]


@anything
@given(written=st.text(max_size=300))
@example("Größe: 1 < 2 & 3 > 2")
@example("eins\r\nzwei")
@example("\x01\x02")
@example("\uf900")
def test_any_answer_comes_back(api: Api, written: str) -> None:
    """R-004, R-007, R-008, R-126."""
    number = api.report(**{f"attribute[{TEXT}]": written})
    [request] = api.get(f"/requests/{number}", extensions="true")
    wanted = expected(written).strip()
    assert [attribute["value"] for attribute in request["attributes"]] == ([wanted] if wanted else [])


@anything
@given(written=st.text(st.characters(exclude_categories=["Cs"]), max_size=60))
def test_any_address_comes_back(api: Api, written: str) -> None:
    """R-004, R-007, R-104."""
    number = api.report(address_string=written, address_id=written)
    [request] = api.get(f"/requests/{number}")
    wanted = expected(written) if expected(written).strip() else ""
    assert (request["address"], request["address_id"]) == (wanted, wanted or None)


@anything
@given(codes=st.lists(st.text(max_size=20), max_size=5), value=st.text(max_size=20))
def test_any_unknown_code_does_no_harm(api: Api, codes: list[str], value: str) -> None:
    """R-126, R-019."""
    fields = {f"attribute[{code}]": value for code in codes} | dict.fromkeys(codes, value)
    known = ("api_key", "service_code", "lat", "long", "lon", "lng", "jurisdiction_id", "media_url", "email")
    number = api.report(**{name: value for name, value in fields.items() if name not in known})
    api.get(f"/requests/{number}", extensions="true")


@anything
@given(body=st.binary(max_size=300), kind=st.sampled_from(["form", "multipart", "json"]))
def test_no_body_makes_the_server_fail(api: Api, body: bytes, kind: str) -> None:
    """R-186, R-188."""
    types = {
        "form": "application/x-www-form-urlencoded",
        "multipart": "multipart/form-data; boundary=x",
        "json": "application/json",
    }
    for suffix in (".json", ".xml"):
        answer = api.client.post(
            f"{BASE}/requests{suffix}", data=body, content_type=types[kind], query_string={"api_key": api.key}
        )
        assert answer.status_code in (400, 403, 404)


def test_line_breaks_become_lf(api: Api) -> None:
    """R-128."""
    number = api.report(description="Seit zwei Wochen\r\nohne\rKennzeichen\n")
    assert api.get(f"/requests/{number}")[0]["description"] == "Seit zwei Wochen\nohne\nKennzeichen"


@pytest.mark.parametrize("letter", ["ä", "x", "𝄞", "<", "語"])
def test_4000_characters_are_complete(api: Api, letter: str) -> None:
    """R-129."""
    number = api.report(description=letter * 4000)
    assert api.get(f"/requests/{number}")[0]["description"] == letter * 4000


def test_characters_are_counted_after_line_ends_are_one(api: Api) -> None:
    """R-129: code points after LF normalisation (georeport.md 8, C25)."""
    number = api.report(description="ä\r\n" * 1999 + "öü")
    assert len(api.get(f"/requests/{number}")[0]["description"]) == 4000


@pytest.mark.parametrize("letter", ["ä", "x", "𝄞"])
def test_4001_characters_are_too_many(api: Api, letter: str) -> None:
    """R-130."""
    [error] = api.post(status=400, description=letter * 4001)
    assert "description" in error["description"]
    assert "4000" in error["description"]
    assert api.get("/requests") == []


@pytest.mark.parametrize(
    "written", ["<script>alert('x')</script>", "<b>&amp;</b>", "]]><![CDATA[", "{{ 7 * 7 }}", "%s {x}"]
)
def test_markup_is_only_text(api: Api, written: str) -> None:
    """R-131, R-007."""
    number = api.report(description=written)
    assert api.get(f"/requests/{number}")[0]["description"] == written
    raw = api.raw(f"/requests/{number}.xml").text
    assert "<script" not in raw
    assert "<b>" not in raw


def test_description_may_be_absent(api: Api) -> None:
    """R-132: the field stays, empty."""
    number = api.report()
    assert api.get(f"/requests/{number}")[0]["description"] == ""


@pytest.mark.parametrize("word", ["null", "null\r\n"])
def test_the_word_null_is_nothing(api: Api, word: str) -> None:
    """R-028, R-141: CUTR's app writes it for what it does not have."""
    number = api.report(description=word, email=word)
    assert api.get(f"/requests/{number}")[0]["description"] == ""


def test_halves_of_surrogate_pairs_are_left_out(api: Api) -> None:
    """R-008, R-142: JSON can carry them, XML and the database cannot."""
    posted = (
        f'{{"api_key": "{api.key}", "service_code": "MUELL_WILD", "lat": 49.48, "long": 8.44,'
        ' "description": "a\\ud800b\\u0000c\\udc00 \\ud834\\udd1e", "first_name": "\\udfff",'
        ' "attribute": {"MEHR": "\\ud800x", "\\ud801": "y"}}'
    )
    answer = api.client.post(f"{BASE}/requests.json", data=posted, content_type="application/json")
    assert answer.status_code == 200, answer.text
    [request] = api.get(f"/requests/{answer.json[0]['service_request_id']}", extensions="true")
    assert request["description"] == "abc 𝄞"
    assert request["attributes"][0]["value"] == "x"


@pytest.mark.parametrize("letters", [string.ascii_letters, string.punctuation, "äöüÄÖÜß€"])
def test_search_finds_what_was_written(api: Api, letters: str) -> None:
    """R-004."""
    number = api.report(description=f"{letters} Sperrmüll")
    assert [request["service_request_id"] for request in api.get("/requests", q="sperrmüll")] == [number]
