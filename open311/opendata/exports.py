"""The whole archive in one answer, for copies and for analysis."""

import zlib
from collections.abc import Iterator
from hashlib import sha256
from typing import Any

from flask import Response, request

from open311.base.errors import problem
from open311.http import current, urls
from open311.http.caching.cached_response import takes_gzip
from open311.http.errors import in_words
from open311.http.limits import shares
from open311.http.limits.long_answers import take_share, to_the_end
from open311.model.access.network import network_of
from open311.opendata import archive
from open311.opendata.answers import answer
from open311.opendata.blueprint import OpenData
from open311.web import jurisdictions
from open311.web.queries import Arguments

blueprint = OpenData("exports", __name__, url_prefix=urls.GEOREPORT_V2, description="The whole archive")
blueprint.before_request(jurisdictions.find_catalogue)

# How zlib is told to write gzip's header.
GZIP = 16 + zlib.MAX_WBITS


@blueprint.read("/export.ndjson", takes=Arguments, content_type="application/x-ndjson")
def get_export_ndjson(query: dict[str, Any]) -> Response:
    """All published requests, the oldest first: one JSON object a line, as in `requests.json`."""
    return _stream("ndjson")


@blueprint.read("/export.csv", takes=Arguments, content_type="text/csv")
def get_export_csv(query: dict[str, Any]) -> Response:
    """All published requests, the oldest first: one row each, as in `requests.csv`."""
    return _stream("csv")


def _stream(form: str) -> Response:
    core, catalogue = current.core(), current.catalogue()
    language = current.language(catalogue)
    count, mark = archive.fingerprint(core, catalogue)
    zipped = takes_gzip(request.headers.get("Accept-Encoding", ""))
    base_url = current.base_url()
    chosen = archive.FORMATS[form]
    body = to_the_end(
        (piece for _, piece in archive.written(core, catalogue, language, form, base_url)),
        chosen.remark(in_words(problem("error.export.broken"))),
    )
    headers = {"X-Result-Count": str(count)}
    response = answer(_zipped(body) if zipped else body, chosen.media_type, headers=headers)
    # Else the whole archive would be collected to see whether it is known already.
    response.implicit_sequence_conversion = False
    name = f"requests-{catalogue.jurisdiction.jurisdiction_id}.{form}"
    response.headers.set("Content-Disposition", "attachment", filename=name)
    response.vary.add("Accept-Encoding")
    if zipped:
        response.headers["Content-Encoding"] = "gzip"
    # A checksum over ids and versions: the tag is known without writing anything.
    response.set_etag(sha256(f"{mark} {form} {language} {base_url}".encode()).hexdigest()[:32], weak=True)
    response.make_conditional(request)
    # A 304 takes no share.
    if response.status_code == 200:
        take_share(response, shares.of_exports(), network_of(request.remote_addr))
    return response


def _zipped(body: Iterator[bytes]) -> Iterator[bytes]:
    packer = zlib.compressobj(1, zlib.DEFLATED, GZIP)
    for piece in body:
        yield packer.compress(piece)
    yield packer.flush()
