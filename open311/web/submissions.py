"""The fields of a report and how they are parsed, for the API and the public form alike."""

from typing import Any, cast

from marshmallow import ValidationError
from marshmallow.fields import Dict, List, String

from open311.base.errors import Problem, problem
from open311.http import current
from open311.model.fields import Role
from open311.model.intake.submission import DESCRIPTION_LENGTH, Submission
from open311.model.service_request import PERSONAL, Location, Reporter, fields_with
from open311.web.fields import Degrees, Email, WebAddresses, Word, problems_of
from open311.web.photos import photos_field
from open311.web.queries import Arguments

SENT = fields_with(Role.SENT)
# What a phone sends that does not know where it is.
NO_POSITION = Location(0.0, 0.0)


class SubmissionForm(Arguments):
    """A report as it is sent (POST service request).

    Loading never fails: its problems are returned, so that the sender hears of them together with all others (R-137).
    """

    api_key = Word(1000, metadata={"description": "Or as `Authorization: Bearer`."})
    service_code = Word(metadata={"description": "From the service list."})
    lat = Degrees(90, metadata={"description": "Latitude, WGS84; together with `long`."})
    long = Degrees(180, metadata={"description": "Longitude, WGS84; together with `lat`."})
    address_string = Word(1000, metadata={"description": "The place in words."})
    address_id = Word(metadata={"description": "Id in the city's register of addresses."})
    zipcode = Word(20)
    attribute = Dict(
        keys=String(),
        values=List(String()),
        metadata={"description": "Answers: `attribute[CODE]`, or `attribute[CODE][]` for several."},
    )
    description = Word(DESCRIPTION_LENGTH, metadata={"description": "Up to 4000 characters."})
    vars().update((name, Word()) for name in SENT)
    email = Email(254)
    phone = Word(50)
    first_name = Word()
    last_name = Word()
    # Those by which phones are sent messages have up to some hundred letters.
    device_id = Word(1000)
    account_id = Word(1000)
    media_url = WebAddresses(metadata={"description": "Where pictures are; http or https."})
    media = photos_field()
    client_request_id = Word(metadata={"description": "Repeating it within 24 hours repeats the answer."})

    def load(self, data: Any, **kwargs: Any) -> Any:
        """What could be read as a `Submission`, and the problems with the rest."""
        try:
            fields, problems = cast(dict[str, Any], super().load(data, **kwargs)), tuple[Problem, ...]()
        except ValidationError as error:
            fields, problems = cast(dict[str, Any], error.valid_data), problems_of(error)
        half = problem("error.location.pair") if ("lat" in data) != ("long" in data) else None
        return _submission(fields), (half, *problems) if half else problems


def _submission(fields: dict[str, Any]) -> Submission:
    address = fields.get("address_string", "")
    whole = "lat" in fields and "long" in fields
    place = Location(fields["lat"], fields["long"]) if whole else None
    return Submission(
        location=None if place == NO_POSITION else place,
        address=address,
        zipcode=fields.get("zipcode") or current.catalogue().jurisdiction.zipcode_in(address),
        description=fields.get("description", ""),
        media_urls=fields.get("media_url", ()),
        photos=fields.get("media", ()),
        answers=fields.get("attribute", {}),
        reporter=Reporter(**{name: fields.get(name) for name in PERSONAL}),
        service_code=fields.get("service_code"),
        address_id=fields.get("address_id"),
        client_request_id=fields.get("client_request_id"),
        texts={name: fields.get(name) for name in SENT},
    )
