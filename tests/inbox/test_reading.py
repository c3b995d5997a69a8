"""A mail read as what somebody wrote; whatever comes, it is read, and fast."""

from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as some

from open311.inbox import plain_text
from open311.inbox.automatic import Writer
from open311.inbox.reading import Letter, read
from tests.inbox.server import a_bounce, a_mail
from tests.pictures import a_large_photo

HTML = """
<html><head><title>T</title><style>p { color: red }</style></head><body>
<p>Guten Tag,</p><div>an der Ecke<br>liegt   Müll &amp; Glas.</div>
<script>alert(1)</script><p><a href="https://example.org/karte">Karte</a></p>
<blockquote><p>Ihre Meldung</p></blockquote></body></html>
"""
QUOTED = """Liegt noch da.

Viele Grüße
-- \n
Kim Muster
0621 1

Am Mo., 2. März 2026 um 09:12 Uhr schrieb Stadt <stadt@example.org>:

> Ihre Meldung 102000
> ist erledigt.
"""


def letter(message: EmailMessage | bytes, **options: bool) -> Letter:
    data = message if isinstance(message, bytes) else message.as_bytes()
    return read(data, is_whole=options.get("is_whole", True), most_pictures=5)


def test_tells_sender_subject_and_words() -> None:
    found = letter(a_mail("Hallo\r\nWelt", sender="=?utf-8?q?J=C3=BCrgen?= <j@example.org>", subject="Müll"))
    assert (found.from_name, found.from_address) == ("Jürgen", "j@example.org")
    assert (found.subject, found.text, found.writer) == ("Müll", "Hallo\nWelt", Writer.PERSON)


def test_html_becomes_words_and_nothing_of_it_runs() -> None:
    message = EmailMessage()
    message["From"] = "kim@example.org"
    message.set_content(HTML, subtype="html")
    found = letter(message)
    assert found.text == "Guten Tag,\nan der Ecke\nliegt Müll & Glas.\nKarte (https://example.org/karte)"
    assert found.rest == "> Ihre Meldung"


def test_plain_words_count_where_there_are_both() -> None:
    message = a_mail("schlicht")
    message.add_alternative("<p>bunt</p>", subtype="html")
    assert letter(message).text == "schlicht"


def test_what_is_quoted_and_the_signature_stand_apart() -> None:
    found = letter(a_mail(QUOTED))
    assert found.text == "Liegt noch da.\n\nViele Grüße"
    assert "Kim Muster" in found.rest
    assert "> Ihre Meldung 102000" in found.rest


def test_a_mail_that_is_all_quote_is_shown_whole() -> None:
    assert letter(a_mail("> nur das\n")).text == "> nur das"


def test_pictures_are_taken_and_signs_in_signatures_are_not() -> None:
    message = a_mail()
    photo = a_large_photo()
    message.add_attachment(photo, maintype="image", subtype="jpeg", filename="foto.jpg")
    message.add_attachment(b"GIF89a" + b"x" * 100, maintype="image", subtype="gif", filename="logo.gif")
    message.add_attachment(b"%PDF", maintype="application", subtype="pdf", filename="brief.pdf")
    found = letter(message)
    assert found.pictures == (photo,)
    assert found.left_out == ("brief.pdf",)


def test_of_a_mail_that_is_cut_off_the_words_are_read() -> None:
    message = a_mail("Der Anfang")
    message.add_attachment(b"x" * 9000, maintype="image", subtype="jpeg", filename="foto.jpg")
    found = letter(message.as_bytes()[:3000], is_whole=False)
    assert (found.text, found.pictures) == ("Der Anfang", ())
    assert found.problem == "desk.inbox.problem.too_large"


@pytest.mark.parametrize(
    "headers",
    [
        {"Auto_Submitted": "auto-replied"},
        {"Auto_Submitted": "auto-generated; owner-email=x@example.org"},
        {"Return_Path": "<>"},
        {"Precedence": "bulk"},
        {"X_Autoreply": "yes"},
        {"List_Id": "<x.example.org>"},
        {"sender": "MAILER-DAEMON@mx.example.org"},
    ],
)
def test_what_no_person_wrote_is_known(headers: dict[str, str]) -> None:
    assert letter(a_mail(**headers)).writer is Writer.PROGRAM


def test_a_mail_says_that_a_person_wrote_it() -> None:
    assert letter(a_mail(Auto_Submitted="no")).writer is Writer.PERSON


def test_a_bounce_names_the_mail_and_its_status() -> None:
    sent = a_mail(message_id="<ours@stadt.example>")
    found = letter(a_bounce(sent))
    assert found.writer is Writer.MAIL_SERVER
    assert found.bounce is not None
    assert (found.bounce.message_ids, found.bounce.status) == (("<ours@stadt.example>",), "5.1.1")


def test_copies_of_a_mail_are_one() -> None:
    mail = a_mail().as_bytes()
    assert letter(b"Received: by a\r\n" + mail).digest == letter(b"Received: by b\r\n" + mail).digest
    other = a_mail("anders").as_bytes()
    assert letter(mail).digest != letter(other).digest


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\r\n\r\n",
        b"From: \xff\xfe\r\n\r\nx",
        b"From: =?unknown-8bit?q?=ff?= <a@b>\r\nSubject: =?utf-8?b?!!!?=\r\n\r\nx",
        b"Content-Type: text/plain; charset=none-such\r\n\r\n\xe4\xf6",
        b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n--x\r\n--x--",
        b"Content-Type: multipart/report\r\n\r\nnothing",
        b"Content-Transfer-Encoding: base64\r\n\r\n====",
        b"Content-Type: text/html\r\n\r\n<?xml version='1.0' encoding='utf-16'?><p>x",
        b"Subject: " + b"x" * 100_000 + b"\r\n\r\n" + b"y" * 100_000,
        b"References: " + b"<" * 100_000 + b"\r\n\r\nx",
        b"From: " + b"(" * 10_000 + b"\r\n\r\nx",
        b"Content-Type: text/html\r\n\r\n" + b"<div>" * 50_000,
        b"Content-Type: text/html\r\n\r\n" + b"<!" * 100_000,
        b"".join(b"Content-Type: multipart/mixed; boundary=%d\r\n\r\n--%d\r\n" % (n, n) for n in range(2000)),
        b"Content-Type: message/rfc822\r\n\r\n" * 2000,
    ],
)
def test_nothing_that_comes_breaks_it(raw: bytes) -> None:
    found = letter(raw)
    assert len(found.text) <= 20_000
    assert len(found.subject) <= 300


# Python has these names; what is read by them is source text, names of hosts, or takes a minute for a megabyte.
@pytest.mark.parametrize(
    "charset", ["punycode", "idna", "unicode_escape", "undefined", "base64", "rot13", "none-such"]
)
def test_what_is_no_charset_of_text_is_read_as_if_none_were_named(charset: str) -> None:
    words = b"M\\u00fcll"
    kind = b"Content-Type: text/plain; charset=" + charset.encode()
    assert letter(kind + b"\r\n\r\n" + words).text == "M\\u00fcll"
    named = b"Content-Type: text/plain; charset*=" + charset.encode() + b"''utf-8"
    assert letter(named + b"\r\n\r\nM\xc3\xbcll").text == "Müll"
    subject = letter(b"Subject: =?" + charset.encode() + b"?q?a-b?=\r\n\r\nx")
    assert (subject.subject, subject.problem) == ("a-b", None)
    attached = kind + b"\r\nContent-Disposition: attachment; filename*=" + charset.encode() + b"''a-b.txt"
    assert letter(attached + b"\r\n\r\nx").left_out == ("a-b.txt",)


def test_old_charsets_are_read() -> None:
    kind = b"Content-Type: text/plain; charset="
    assert letter(kind + b"utf-7\r\n\r\nM+APw-ll").text == "Müll"
    assert letter(kind + b"windows-1252\r\n\r\nM\xfcll").text == "Müll"
    assert letter(b"Subject: =?iso-8859-1?q?M=FCll?=\r\n\r\nx").subject == "Müll"


@pytest.mark.parametrize(
    "header",
    [
        b"From: kim <k\0im@example.org>",
        b"To: rathaus+ab\0c@example.org",
        b"Subject: a\0b",
        b"References: <a\0b@example.org>",
        b"Content-Type: application/x\0; name=a\0b",
        b"Content-Type: appli\0cation/x",
        b"Content-Disposition: attachment; filename=a\0b",
    ],
)
def test_no_header_brings_what_no_text_may_hold(header: bytes) -> None:
    assert "\\x00" not in repr(letter(header + b"\r\n\r\nHallo"))


def test_a_bounce_brings_nothing_that_no_text_may_hold() -> None:
    bounce = a_bounce(a_mail("Text")).replace(b"5.1.1", b"5.1\0.1")
    odd = bounce.replace(b"\r\nMessage-ID: <", b"\r\nMessage-ID: <\0")
    found = letter(odd)
    assert found.bounce
    assert "\\x00" not in repr(found)


@given(some.binary(max_size=2000))
def test_any_bytes_are_read(raw: bytes) -> None:
    assert letter(raw).digest


@given(some.text(max_size=2000))
def test_any_html_becomes_words(source: str) -> None:
    assert "\x00" not in plain_text.from_html(source)
