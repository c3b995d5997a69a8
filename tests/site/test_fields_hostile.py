"""Every field of every page with what nobody should send: a clear word, nothing lost, nothing stored twice."""

import re
from collections.abc import Iterator
from urllib.parse import quote_from_bytes

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Connection, text

from open311.core import Core
from tests.pictures import a_photo
from tests.serving import Api, Clock, MakeCore, an_api
from tests.site.test_form import at_check, at_details
from tests.site.visitor import Visitor, a_file

MARKUP = b"\"'><script>alert(1)</script><img src=x onerror=alert(1)>{{7*7}}{0}%s"
TEXTS = {
    "markup": MARKUP,
    "right to left": "\u202etxet\u2066 \u200f\u05e2\u05d1".encode(),
    "NUL": b"be\x00fore",
    "lone surrogate": b"a\xed\xa0\xbdb",
    "no UTF-8": b"caf\xe9 \xff\xfe",
    "emoji": "👩‍🚒🏳️‍🌈é".encode(),
    "only blanks": "\u00a0\u2003 \t".encode(),
    "line breaks": b"a\r\nb\rc\x0bd\x85e",
}
STEPS = {
    "place": ("address", "lat", "long", "placed", "choice", "forget_position"),
    "category": ("service_code", "words"),
    "danger": ("action",),
    "details": ("description", "shown", "action", "attribute[FARBE]", "attribute[ZUSTAND][]", "attribute[X"),
    "contact": ("email", "phone", "first_name", "last_name", "follow"),
    "check": ("altcha", "homepage", "action"),
}
CALM = (200, 303, 400, 404, 409, 413)
RAW = {"content_type": "application/x-www-form-urlencoded"}
FILES = {
    "empty": b"",
    "text": b"no photo at all",
    "SVG": b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
    "PDF": b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n",
    "half a photo": a_photo()[:200],
    "archive": b"PK\x03\x04" + b"\x00" * 200,
}


@pytest.fixture
def core(make_core: MakeCore) -> Core:
    """A Core that could send mail."""
    return make_core(OPEN311_SMTP_URL="file:///dev/null/none", OPEN311_MAIL_FROM="stadt@example.org")


MEGABYTE = "\u00e4 " * 350_000


def counted(conn: Connection, table: str) -> int:
    """How many rows a table has."""
    found: int = conn.execute(text(f"select count(*) from {table}")).scalar_one()
    return found


def bodies(*fields: str) -> Iterator[tuple[str, bytes]]:
    """A body for each field and text."""
    for field in fields:
        for name, raw in TEXTS.items():
            yield f"{field}: {name}", f"{field}=".encode() + quote_from_bytes(raw).encode()


@pytest.mark.parametrize("step", STEPS)
def test_no_field_of_the_form_breaks_it(client: FlaskClient, conn: Connection, step: str) -> None:
    visitor = at_details(Visitor(client).open("/report"), "FAHRZEUG_ALT")
    for name, body in bodies(*STEPS[step]):
        answer = client.post(f"/report/{visitor.word}/{step}", data=body, **RAW)
        assert answer.status_code in CALM, name
        assert answer.status_code == 303 or answer.mimetype == "text/html", name
        assert "<script>alert(1)" not in answer.text, name
        shown = client.get(f"/report/{visitor.word}/check")
        assert shown.status_code == 200, name
        assert "<script>alert(1)" not in shown.text, name
        assert "\x00" not in shown.text, name
    long = client.post(f"/report/{visitor.word}/{step}", data=dict.fromkeys(STEPS[step], MEGABYTE))
    assert long.status_code in CALM
    assert client.get(f"/report/{visitor.word}/check").status_code == 200
    assert counted(conn, "service_requests") == 0
    assert counted(conn, "drafts") == 1


@pytest.mark.parametrize("path", ["/reports/{number}/follow", "/my-data", "/follow/x", "/my-data/x"])
def test_no_field_about_mail_breaks_its_page(
    client: FlaskClient, core: Core, conn: Connection, path: str
) -> None:
    path = path.format(number=an_api(core).report())
    for name, body in bodies("email", "action", "homepage"):
        answer = client.post(path, data=body, **RAW)
        assert answer.status_code in CALM, name
        assert answer.mimetype == "text/html", name
        assert "<script>alert(1)" not in answer.text, name
    assert counted(conn, "followers") == 0
    assert counted(conn, "mail_links") == 0


@pytest.mark.parametrize("path", ["/", "/places", "/places/near", "/reports/{number}", "/my-data"])
def test_no_query_breaks_a_page(api: Api, path: str) -> None:
    path = path.format(number=api.report())
    for field in ("q", "service_code", "detailed_status", "days", "page", "cursor", "bbox", "locale", "done"):
        for name, raw in TEXTS.items():
            answer = api.client.get(f"{path}?{field}={quote_from_bytes(raw[:3000])}")
            assert answer.status_code in (200, 400, 404), (field, name)
            assert "<script>alert(1)" not in answer.text, (field, name)


def test_no_address_is_more_than_unknown(api: Api) -> None:
    for name, raw in {**TEXTS, "long": b"x" * 3000}.items():
        part = quote_from_bytes(raw, safe="")
        for start in ("/", "/reports/", "/follow/", "/my-data/", "/report/", "/static/pages/"):
            assert api.client.get(start + part).status_code in (400, 404), (start, name)
        for path in (f"/follow/{part}/stop", f"/my-data/{part}", f"/follow/{part}", f"/report/{part}/check"):
            assert api.client.post(path).status_code in (200, 303, 400, 404), (path, name)


def test_a_text_of_a_megabyte_is_told_and_can_be_shortened(client: FlaskClient) -> None:
    visitor = at_details(Visitor(client).open("/report"))
    visitor.fill(description="Lang. " * 170_000).press("Weiter")
    assert visitor.response.status_code == 400
    assert "4000" in visitor.errors["description"]
    assert visitor.value("description").startswith("Lang. Lang.")
    assert visitor.fill(description="Kurz.").press("Weiter").heading == "Wie erreichen wir Sie?"


@pytest.mark.parametrize("file", FILES)
def test_a_file_that_is_no_photo_is_told_and_loses_nothing(
    client: FlaskClient, conn: Connection, file: str
) -> None:
    visitor = at_details(Visitor(client).open("/report"))
    visitor.fill(media=[a_file(FILES[file]), a_file(a_photo())], description="Text").press("Weiter")
    if FILES[file]:
        assert list(visitor.errors) == ["photos"]
    assert visitor.open(f"/report/{visitor.word}/details").value("description") == "Text"
    assert counted(conn, "draft_photos") <= 1


def test_the_same_step_sent_twice_keeps_one_copy(client: FlaskClient, conn: Connection) -> None:
    visitor = at_details(Visitor(client).open("/report"))
    for _ in range(2):
        visitor.open(f"/report/{visitor.word}/details")
        visitor.fill(media=a_file(a_photo()), description="Text").press("Fotos hochladen")
    assert counted(conn, "drafts") == 1
    shown = client.get(f"/report/{visitor.word}/check").text
    assert len(re.findall(r"<img[^>]+/photos/", shown)) == counted(conn, "draft_photos")


def test_buttons_of_a_page_that_is_out_of_date_do_no_harm(
    client: FlaskClient, conn: Connection, clock: Clock
) -> None:
    visitor = at_check(Visitor(client).open("/report"), clock)
    word = visitor.word
    for action in ("remove:1", "me_too:1", "take:x|y", "photo", "safe", "nothing", "take:49.48|8.44"):
        answer = client.post(f"/report/{word}/details", data={"action": action, "shown": ""})
        assert answer.status_code in CALM, action
    visitor.open(f"/report/{word}/check")
    assert client.post(f"/report/{word}/check", data={"action": "send"}).status_code == 303
    for step in ("place", "category", "danger", "details", "contact", "check"):
        answer = client.post(f"/report/{word}/{step}", data={"description": "Noch eine"})
        assert answer.headers["Location"].endswith("/sent"), step
    assert counted(conn, "service_requests") == 1
