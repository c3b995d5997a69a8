"""What a webhook says: an entry of the change feed, in the envelope that Standard Webhooks recommends."""

import orjson

from open311.base.datetimes import write_utc
from open311.formats import changes
from open311.model.catalogue import Catalogue
from open311.model.events.changes import Change

CONTENT_TYPE = "application/json; charset=utf-8"


def body(change: Change, catalogue: Catalogue, base_url: str) -> bytes:
    """One event as JSON; texts are in the first language of the jurisdiction."""
    (entry,) = changes.entries([change], catalogue, catalogue.jurisdiction.languages[0], base_url)
    return orjson.dumps(
        {
            "type": f"service_request.{change.kind}",
            "timestamp": write_utc(change.datetime),
            "jurisdiction_id": catalogue.jurisdiction.jurisdiction_id,
            "data": orjson.Fragment(entry),
        }
    )
