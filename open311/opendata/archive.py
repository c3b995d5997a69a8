"""The whole archive of a jurisdiction, written while it is read: memory holds one page, whatever its size."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from open311.core import Core
from open311.formats import csv, documents, encode
from open311.model.catalogue import Catalogue
from open311.storage import export

Describe = Callable[[Iterable[dict[str, Any]]], bytes]
Remark = Callable[[str], bytes]


def _lines(requests: Iterable[dict[str, Any]]) -> bytes:
    return b"".join(encode.item_to_json("service_requests", request) + b"\n" for request in requests)


def _error(words: str) -> bytes:
    return encode.to_json(documents.errors([(500, words)])) + b"\n"


# Media type, what stands at the top, how some requests are written, and how it is said that the rest is missing.
FORMATS: dict[str, tuple[str, bytes, Describe, Remark]] = {
    "ndjson": ("application/x-ndjson", b"", _lines, _error),
    "csv": (csv.MEDIA_TYPE, csv.header(), csv.rows, csv.remark),
}


def written(
    core: Core, catalogue: Catalogue, language: str, form: str, base_url: str
) -> Iterator[tuple[int, bytes]]:
    """All published requests in one of `FORMATS`, the oldest first: pieces, and how many requests each holds.

    `base_url` is the public address of the server, where photos are found.
    """
    _, head, write, _ = FORMATS[form]
    yield 0, head
    for page in export.everything(core.database, catalogue.jurisdiction.jurisdiction_id, core.now()):
        yield (
            len(page),
            write(
                documents.service_request(request, catalogue, language, base_url=base_url) for request in page
            ),
        )


def fingerprint(core: Core, catalogue: Catalogue) -> tuple[int, str]:
    """How many requests there are, and a word that changes whenever one of them, or their catalogue, does."""
    with core.database.read() as conn:
        count, checksum = export.fingerprint(conn, catalogue.jurisdiction.jurisdiction_id)
    return count, f"{count}.{checksum}.{catalogue.digest}"
