"""A report as another GeoReport server takes it."""

from collections.abc import Mapping
from typing import Any

from open311.base.datetimes import write
from open311.model.catalogue import Catalogue
from open311.model.forwards import Forward
from open311.model.intake.submission import DESCRIPTION_LENGTH
from open311.model.service_request import ServiceRequest

TITLE_LENGTH = 80
PERSONAL = ("email", "phone", "first_name", "last_name")


def fields(
    request: ServiceRequest,
    forward: Forward,
    catalogue: Catalogue,
    reporter: Mapping[str, Any],
    base_url: str | None,
) -> dict[str, Any]:
    """The fields of a POST; those of the reporter only where `reporter` has them."""
    fields_sent: dict[str, Any] = {
        "service_code": forward.service_code,
        "lat": request.lat,
        "long": request.long,
        "address_string": request.address or None,
        "address_id": request.address_id,
        "description": request.description,
        "media_url": [
            address for address in (_absolute(url, base_url) for url in request.media_urls) if address
        ],
        **{name: reporter[name] for name in PERSONAL if reporter.get(name)},
    }
    # The parameter of several values ends in brackets, as GeoReport has it.
    answers = {**request.attributes, **reporter.get("attributes", {})}
    for code, values in answers.items():
        fields_sent[f"attribute[{code}][]" if len(values) > 1 else f"attribute[{code}]"] = list(values)
    if forward.conventions == "fixmystreet":
        fields_sent |= _fixmystreet(request, catalogue, base_url)
    return fields_sent


def _absolute(url: str, base_url: str | None) -> str | None:
    if not url.startswith("/"):
        return url
    # A path of ours leads nowhere from another server.
    return f"{base_url}{url}" if base_url else None


def _fixmystreet(request: ServiceRequest, catalogue: Catalogue, base_url: str | None) -> dict[str, Any]:
    """What FixMyStreet sends beside the plain fields, and open311-adapter makes cases of."""
    language = catalogue.jurisdiction.languages[0]
    number = str(request.service_request_id)
    first_line = (request.description.splitlines() or [""])[0][:TITLE_LENGTH]
    title = request.title or first_line or catalogue.service_name(request.service_code, language)
    address = f"{base_url}/open311/v2/requests/{number}.json" if base_url else ""
    text = f"title: {title}\n\ndetail: {request.description}\n\nurl: {address}"
    return {
        "description": text[:DESCRIPTION_LENGTH],
        "requested_datetime": write(request.requested_datetime, catalogue.jurisdiction.time_zone),
        "attribute[fixmystreet_id]": number,
        "attribute[title]": title,
        "attribute[description]": request.description,
        "attribute[report_url]": address,
    }
