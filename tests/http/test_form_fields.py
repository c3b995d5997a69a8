"""Fields of queries and of form-encoded bodies, read one by one."""

import time
from io import BytesIO
from types import SimpleNamespace
from urllib.parse import parse_qsl, unquote_to_bytes

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.test import EnvironBuilder

from open311.base.charsets import decode
from open311.base.errors import Invalid
from open311.http import current
from open311.http.parsing import normalise
from open311.http.parsing.normalise import MAX_FIELDS, LenientRequest, pairs

BODY = b"a=1&&b=&c&d=%C3%A4+%2B&=e&f=g=h&d=%zz&a=2&i=100%"


def form_of(body: bytes) -> list[tuple[str, str]]:
    builder = EnvironBuilder(
        method="POST", data=BytesIO(body), content_type="application/x-www-form-urlencoded"
    )
    core = SimpleNamespace(settings=SimpleNamespace(max_body_bytes=1_000_000))
    request = LenientRequest(builder.get_environ() | {current.CORE: core})
    return list(request.form.items(multi=True))


def test_are_read_as_the_standard_library_reads_them() -> None:
    assert pairs(BODY) == parse_qsl(BODY.decode(), keep_blank_values=True)
    assert pairs(b"") == []


# Made of what escapes are made of, and of what quoted-printable reads otherwise.
@given(st.lists(st.sampled_from([b"%", b"=", b"4", b"c", b"F", b"g", b"\r", b"\n", b"_", b" ", b"\x80"])))
def test_escapes_are_undone_as_the_standard_library_does_it(parts: list[bytes]) -> None:
    value = b"".join(parts)
    assert pairs(b"a=" + value) == [("a", decode(unquote_to_bytes(value)))]


def test_a_body_of_nothing_but_escapes_takes_no_longer_than_others() -> None:
    began = time.thread_time()
    assert pairs(b"a=" + b"%41" * 2_000_000) == [("a", "A" * 2_000_000)]
    assert time.thread_time() - began < 0.3


@pytest.mark.parametrize("size", range(1, 8))
def test_are_the_same_wherever_a_block_of_the_body_ends(monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    monkeypatch.setattr(normalise, "AT_ONCE", size)
    assert sorted(form_of(BODY)) == sorted(pairs(BODY))


def test_one_that_is_longer_than_any_photo_is_not_read_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(normalise, "MAX_TEXT_PART", 100)
    monkeypatch.setattr(normalise, "AT_ONCE", 10)
    assert form_of(b"a=" + b"x" * 98) == [("a", "x" * 98)]
    with pytest.raises(RequestEntityTooLarge):
        form_of(b"a=" + b"x" * 99)


def test_more_than_anybody_needs_are_refused() -> None:
    assert len(pairs(b"a&" * (MAX_FIELDS - 1))) == MAX_FIELDS - 1
    with pytest.raises(Invalid):
        pairs(b"a&" * MAX_FIELDS)
