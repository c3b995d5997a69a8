"""What other servers send is read as they meant it, and what is no list is told (faults B3, B4, B10, B11)."""

import codecs
import json
import re
import time
from collections.abc import Callable
from typing import Any
from xml.sax.saxutils import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from open311.adapters.safe_http import Answer
from open311.base.text import XML_ILLEGAL
from open311.federation.client.answers import next_query
from open311.federation.client.foreign import addresses
from open311.federation.client.parsing import Unreadable, entries, parse
from open311.federation.client.repair import repaired_json

MARK = "service_request_id"
ENCODINGS = {
    "utf-8": "Müll, Καλημέρα, 塵 😀",
    "iso-8859-1": "Müll, é",
    "iso-8859-7": "Καλημέρα",
    "windows-1251": "Яма на дороге",
    "windows-1252": "“Müll”, 5 €",
    "shift_jis": "ごみ",
    "gb18030": "垃圾",
    "euc-kr": "쓰레기",
    "utf-16-le": "Müll",
    "utf-16-be": "Müll",
}
BOMS = {
    "utf-8": codecs.BOM_UTF8,
    "utf-16-le": codecs.BOM_UTF16_LE,
    "utf-16-be": codecs.BOM_UTF16_BE,
}


def _next_page(link: str) -> object:
    return next_query(Answer(200, {"Link": link}, b"[]"), [])


def xml(text: str, encoding: str | None = None) -> str:
    declaration = f'<?xml version="1.0" encoding="{encoding}"?>' if encoding else ""
    return f"{declaration}<r><request><{MARK}>1</{MARK}><description>{text}</description></request></r>"


def description(body: bytes, content_type: str = "") -> Any:
    [item] = entries(parse(body, content_type), MARK)
    return item["description"]


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_an_encoding_named_by_the_header_is_believed(encoding: str) -> None:
    text = ENCODINGS[encoding]
    assert description(xml(text).encode(encoding), f"text/xml; charset={encoding}") == text
    document = json.dumps([{MARK: 1, "description": text}], ensure_ascii=False)
    assert description(document.encode(encoding), f'application/json; charset="{encoding.upper()}"') == text


@pytest.mark.parametrize("encoding", [name for name in ENCODINGS if not name.startswith("utf-16")])
def test_an_encoding_named_by_the_declaration_is_believed(encoding: str) -> None:
    assert description(xml(ENCODINGS[encoding], encoding).encode(encoding), "text/xml") == ENCODINGS[encoding]


@pytest.mark.parametrize("encoding", BOMS)
def test_a_byte_order_mark_outweighs_what_is_said(encoding: str) -> None:
    body = BOMS[encoding] + xml("Müll").encode(encoding)
    assert description(body, "text/xml; charset=iso-8859-7") == "Müll"


def test_the_header_outweighs_the_declaration() -> None:
    assert description(xml("Яма", "utf-8").encode("cp1251"), "text/xml; charset=windows-1251") == "Яма"


NO_CHARSETS = ("klingon", "punycode", "idna", "undefined", "unicode_escape", "base64", "rot13")


@pytest.mark.parametrize(
    "content_type",
    ["", "text/xml; charset=ISO-8859-1", *(f"text/xml; charset={name}" for name in NO_CHARSETS)],
)
def test_what_is_named_wrongly_is_read_all_the_same(content_type: str) -> None:
    assert description(xml("Müll, 塵").encode(), content_type) == "Müll, 塵"
    assert description(xml("5 € “Müll”").encode("cp1252"), content_type) == "5 € “Müll”"
    assert description(xml("Müll").encode("utf-16-le"), "text/xml") == "Müll"


HABITS = {
    "Zeile&#11;zwei": "Zeilezwei",
    "a&#0;b&#xFFFF;c&#xD800;d&#99999999;": "abcd",
    "a\x0bb": "ab",
    "Müll & Schrott": "Müll & Schrott",
    "A&B GmbH; R&D": "A&B GmbH; R&D",
    "?a=1&b=2": "?a=1&b=2",
    "&auml;&nbsp;&euro;&unknown;": "ä\xa0€&unknown;",
    "5 < 6 <7": "5 < 6 <7",
    "eins<br/>zwei": "eins\nzwei",
    "eins<br>zwei<BR >drei</br>": "eins\nzwei\ndrei",
    "ein <b>fettes</b> Wort": "ein fettes Wort",
    "<p>eins</p><p>zwei</p>": "eins\nzwei",
    "<![CDATA[a & <b> &nbsp;]]>": "a & <b> &nbsp;",
    "<![CDATA[a & <b>]]> & <br>c": "a & <b> & \nc",
    "a ]]> b<![CDATA[ c]]> ]]>": "a ]]> b c ]]>",
    "a<!-- & kept from us -->b": "ab",
}


@pytest.mark.parametrize("written", HABITS)
def test_xml_is_read_as_old_servers_write_it(written: str) -> None:
    assert description(xml(written).encode()) == HABITS[written]


def test_names_with_undeclared_prefixes_are_read() -> None:
    body = f'<a:r><a:request xsi:nil="false"><a:{MARK}>7</a:{MARK}></a:request></a:r>'
    assert entries(parse(body.encode()), MARK) == [{MARK: "7"}]


@given(st.text(max_size=60))
def test_any_text_comes_through_escaped_or_raw(text: str) -> None:
    """Whatever a citizen writes and however badly it is escaped, it spoils no list."""
    kept = XML_ILLEGAL.sub("", text)
    expected = kept.replace("\r\n", "\n").replace("\r", "\n").strip()
    assert (description(xml(escape(kept)).encode()) or "") == expected
    if "<" not in text and ";" not in text:
        assert (description(xml(kept).encode()) or "") == expected
    document = json.dumps([{MARK: 1, "description": text}])
    assert description(document.encode()).encode().decode() == re.sub("[\ud800-\udfff]", "", text)


JSON_HABITS = [
    '[{"service_request_id": 1, "description": "a", },]',
    'callback([{"service_request_id": 1, "description": "a"}]);',
    r"""[{"service_request_id": 1, "description": "\a"}]""",
    '[{"service_request_id": 1, "description": "a", "phone": ' + "9" * 5000 + "}]",
    '[{"service_request_id": 1, "description": "a", "lat": NaN}]',
    '\ufeff[{"service_request_id": 1, "description": "a"}]',
]


@pytest.mark.parametrize("document", JSON_HABITS, ids=range(len(JSON_HABITS)))
def test_json_is_read_as_old_servers_write_it(document: str) -> None:
    assert description(document.encode()) == "a"


def test_half_of_a_pair_is_dropped_and_a_whole_one_kept() -> None:
    """B4: nothing could store it."""
    document = r'[{"service_request_id": 1, "description": "a\ud83d \ud83d\ude00", "\udc00": "x"}]'
    assert description(document.encode()) == "a 😀"
    [item] = entries(parse(document.encode()), MARK)
    assert all(name.encode() for name in item if name)


EMPTY = [
    "",
    " \n",
    "null",
    "[]",
    "{}",
    "[{}]",
    '{"service_requests": []}',
    '{"service_requests": null, "error": null}',
    '{"count": 0, "next": null, "results": []}',
    '{"message": "nothing found", "response": {"docs": []}}',
    '[{"service_request_id": null, "token": "a"}]',
    "<service_requests/>",
    '<?xml version="1.0"?><service_requests type="array"></service_requests>',
    "<service_requests><count>0</count></service_requests>",
    '<!DOCTYPE service_requests SYSTEM "georeport.dtd"><service_requests/>',
]


@pytest.mark.parametrize("document", EMPTY)
def test_an_empty_list_is_one_in_any_wrapper(document: str) -> None:
    assert entries(parse(document.encode()), MARK) == []


NO_LISTS = [
    '{"error": "database is down"}',
    '{"error": {"code": 1}, "service_requests": []}',
    '{"errors": []}',
    '{"success": false, "data": []}',
    '{"status": "error", "data": null}',
    '{"status": 503, "results": []}',
    '{"message": "Unauthorized"}',
    '[{"code": 500, "description": "oops"}]',
    '"hello"',
    "17",
    '["a", "b"]',
    "<error>oops</error>",
    "<error/>",
    "<errors><error><code>404</code><description>no</description></error></errors>",
    "<response><status>ok</status></response>",
    "<html><body>We are back soon</body></html>",
    "<!-- cached --><!DOCTYPE html><html><body/></html>",
    "<!DOCTYPE HTML PUBLIC '-//W3C//DTD HTML 4.01//EN'><HTML>",
    "Service Unavailable",
    '[{"service_request_id": 1}, {"service_req',
    "<service_requests><request><service_request_id>1</service_request_id></request>",
]


@pytest.mark.parametrize("document", NO_LISTS)
def test_what_is_no_list_is_told(document: str) -> None:
    """B3: an error, a page for people, a gateway's word, half of an answer."""
    with pytest.raises(Unreadable):
        entries(parse(document.encode()), MARK)


@pytest.mark.parametrize(
    ("read", "text"),
    [
        (addresses, "|" * 50_000),
        (addresses, "http://a.example/" + " ," * 25_000),
        (repaired_json, '["' + '\\"' * 25_000),
        (repaired_json, "f([])" + " " * 50_000 + "x"),
        (repaired_json, "/*" + "*/f(" * 10_000),
        (_next_page, "<x" * 25_000),
        (_next_page, "<?a>;rel=" + " " * 50_000),
        (_next_page, "<?a>;" + "rel= " * 10_000),
    ],
)
def test_a_text_made_to_keep_us_busy_takes_no_longer_than_others(
    read: Callable[[str], object], text: str
) -> None:
    began = time.thread_time()
    read(text)
    assert time.thread_time() - began < 0.5
