"""The whole archive of a jurisdiction, written while it is read: memory holds one page, whatever its size."""

from collections.abc import Callable, Iterator
from contextlib import closing
from typing import NamedTuple

from open311.base.prefetch import prefetched
from open311.core import Core
from open311.formats import csv, documents, encode, entries
from open311.formats.entries import Form
from open311.model.catalogue import Catalogue
from open311.storage.requests import export
from open311.web.written_requests import Writer

Remark = Callable[[str], bytes]


def _error(words: str) -> bytes:
    return encode.to_json(documents.errors([(500, words)])) + b"\n"


class Format(NamedTuple):
    """An archive's media type, its head, its entries, what ends each, and how it is said that the rest is missing."""

    media_type: str
    head: bytes
    form: Form
    end: bytes
    remark: Remark


FORMATS = {
    "ndjson": Format("application/x-ndjson", b"", entries.JSON, b"\n", _error),
    "csv": Format(csv.MEDIA_TYPE, csv.header(), entries.CELLS, b"", csv.remark),
}


def written(
    core: Core, catalogue: Catalogue, language: str, form: str, base_url: str
) -> Iterator[tuple[int, bytes]]:
    """All published requests in one of `FORMATS`, the oldest first: pieces, and how many requests each holds.

    `base_url` is the public address of the server, where photos are found.
    """
    chosen = FORMATS[form]
    yield 0, chosen.head
    writer = Writer(chosen.form, catalogue, language, base_url)
    owner = catalogue.jurisdiction.jurisdiction_id
    # The next page is read while the reader of this one is served.
    with closing(prefetched(export.everything(core.database, owner, core.now(), writer.page))) as pages:
        for page in pages:
            yield len(page), b"".join([line for entry in page for line in (entry, chosen.end)])


def fingerprint(core: Core, catalogue: Catalogue) -> tuple[int, str]:
    """How many requests there are, and a word that changes whenever one of them, or their catalogue, does."""
    with core.database.read() as conn:
        count, checksum = export.fingerprint(conn, catalogue.jurisdiction.jurisdiction_id)
    return count, f"{count}.{checksum}.{catalogue.digest}"
