"""The forms in which a list of requests is written, entry by entry; PostgreSQL knows each by the same name."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import orjson

from open311.base.text import XML_ILLEGAL
from open311.formats import csv, encode, geojson
from open311.model.catalogue import Catalogue

ROOT = "service_requests"


class Form(NamedTuple):
    """How an entry is written, from what `documents.service_request` describes, and how a list is put together of them.

    `text` writes a text as it is inside an entry; `clean` takes out of entries that PostgreSQL wrote what no form
    may carry.
    """

    name: str
    write: Callable[[dict[str, Any]], bytes]
    text: Callable[[str], str]
    clean: Callable[[list[bytes]], list[bytes]]
    join: Callable[[Sequence[bytes]], bytes]


def _json(described: dict[str, Any]) -> bytes:
    return encode.item_to_json(ROOT, described)


def _xml(described: dict[str, Any]) -> bytes:
    return encode.item_to_xml(ROOT, described)


def _csv(described: dict[str, Any]) -> bytes:
    return csv.rows([described])


def _feature(described: dict[str, Any]) -> bytes:
    return geojson.write(geojson.feature(described))


def _json_list(entries: Sequence[bytes]) -> bytes:
    return encode.join_json(ROOT, entries)


def _xml_list(entries: Sequence[bytes]) -> bytes:
    return encode.join_xml(ROOT, entries)


def _csv_list(rows: Sequence[bytes]) -> bytes:
    return b"".join([csv.header(), *rows])


def _as_they_are(written: list[bytes]) -> list[bytes]:
    # Rows that would have to be cleaned are not written by PostgreSQL.
    return written


JSON = Form("json", _json, encode.text_in_json, encode.clean_json, _json_list)
XML = Form("xml", _xml, encode.text_in_xml, encode.clean_xml, _xml_list)
CSV = Form("csv", _csv, csv.text_in_csv, _as_they_are, _csv_list)
# The same lines as CSV, many at a time.
CELLS = Form("cells", _csv, csv.text_as_cell, _as_they_are, _csv_list)
GEOJSON = Form("geojson", _feature, encode.text_in_json, encode.clean_json, geojson.join)


def names(form: Form, catalogue: Catalogue, language: str) -> dict[str, str]:
    """What PostgreSQL is told of a catalogue: code → name, written in a form, as the texts of JSON objects."""
    names = catalogue.derived.get((form.name, language))
    if names is None:
        names = catalogue.derived[form.name, language] = _names(form, catalogue, language)
    return names


def _names(form: Form, catalogue: Catalogue, language: str) -> dict[str, str]:
    services = {
        code: catalogue.service_name(code, language) for code in (*catalogue.retired, *catalogue.services)
    }
    agencies = {code: catalogue.agency_name(code, language) for code in catalogue.agencies}
    notices = {
        code: service.service_notice.in_language(language) for code, service in catalogue.services.items()
    }
    tables = {"service_names": services, "agency_names": agencies, "notices": notices}
    return {
        table: orjson.dumps(
            {code: form.text(XML_ILLEGAL.sub("", name)) for code, name in known.items() if name}
        ).decode()
        for table, known in tables.items()
    }
