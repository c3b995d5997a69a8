"""The change feed as bytes: one JSON document, or one line of JSON after the other."""

from collections.abc import Iterable, Iterator
from typing import Any

import orjson

from open311.base.datetimes import write
from open311.formats import documents, encode
from open311.model.catalogue import Catalogue
from open311.model.events.changes import Change

JSON = "application/json; charset=utf-8"
NDJSON = "application/x-ndjson; charset=utf-8"


def entries(changes: Iterable[Change], catalogue: Catalogue, language: str, base_url: str) -> Iterator[bytes]:
    """Each entry as JSON. A request that changed several times is written once and repeated."""
    written: dict[int, bytes] = {}
    for change in changes:
        number = change.service_request_id
        if change.request and number not in written:
            document = documents.service_request(
                change.request, catalogue, language, extensions=True, base_url=base_url
            )
            written[number] = encode.item_to_json("service_requests", document)
        yield orjson.dumps(_entry(change, catalogue) | {"request": _inner(written.get(number))})


def _entry(change: Change, catalogue: Catalogue) -> dict[str, Any]:
    return {
        "kind": change.kind,
        "datetime": write(change.datetime, catalogue.jurisdiction.time_zone),
        "service_request_id": str(change.service_request_id),
        "reason": change.reason and change.reason.value,
    }


def _inner(document: bytes | None) -> orjson.Fragment | None:
    return None if document is None else orjson.Fragment(document)


def in_json(written: Iterable[bytes], cursor: str, more: bool) -> bytes:
    """The whole page as one object."""
    changes = orjson.Fragment(encode.join_json("changes", list(written)))
    return orjson.dumps({"changes": changes, "next": cursor, "more": more})


def in_lines(written: Iterable[bytes], cursor: str, more: bool) -> bytes:
    """One line an entry; the last line says where to go on, so that a broken transfer shows."""
    return b"".join(b"%b\n" % line for line in (*written, orjson.dumps({"next": cursor, "more": more})))
