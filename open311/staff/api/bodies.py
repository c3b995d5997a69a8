"""What comes along with each act on a case."""

from marshmallow import RAISE, Schema, fields, validate

from open311.model.casework.decisions import Outcome
from open311.model.photo_boxes import MOST_BOXES
from open311.staff.api.schemas import PRIORITIES, Text


class Body(Schema):
    """What comes along with an act. A field that is not known is an error: it would be lost."""

    class Meta:
        unknown = RAISE


class Nothing(Body):
    """The act says it all."""


class StatusBody(Body):
    status = Text(200, required=True, metadata={"description": "A code of the catalogue."})
    status_notes = Text(metadata={"description": "Public words about it; a report is not closed without."})
    message = Text(metadata={"description": "Words to the reporter alone."})
    mail = fields.Boolean(
        metadata={"description": "Whether whoever follows the report hears of it; without this they do."}
    )


class TextBody(Body):
    text = Text(required=True)


class NoteBody(TextBody):
    about_person = fields.Boolean(
        metadata={"description": "Whether it is about a person; then it is kept for less."}
    )


class AssignBody(Body):
    unit = Text(200, required=True)
    reason = Text()


class PersonBody(Body):
    account_id = fields.Integer(
        required=True, allow_none=True, metadata={"description": "null gives it to nobody."}
    )


class DeclineBody(Body):
    reason = Text(required=True)
    unit = Text(200, metadata={"description": "Whose it is instead, as far as one knows."})


class DayBody(Body):
    day = fields.Date(required=True, allow_none=True)


class DeadlineBody(Body):
    day = fields.Date(required=True)
    reason = Text(required=True)


class PriorityBody(Body):
    priority = fields.String(required=True, validate=validate.OneOf(PRIORITIES))


class ReasonBody(Body):
    reason = Text(metadata={"description": "A code of the catalogue."})


class EditBody(Body):
    title = Text()
    description = Text()
    address = Text()
    zipcode = Text()
    service_object_id = Text()
    reason = Text(metadata={"description": "A code of the catalogue."})


class ServiceBody(Body):
    service_code = Text(200, required=True)


class PlaceBody(Body):
    """A place within the city, or with `outside` beyond it."""

    lat = fields.Float(required=True, validate=validate.Range(-90, 90))
    long = fields.Float(required=True, validate=validate.Range(-180, 180))
    address = Text()
    outside = fields.Boolean(metadata={"description": "That it lies beyond the boundary is right."})


class BoxBody(Body):
    """A part of a photo: fractions of the upright picture."""

    left = fields.Float(required=True, validate=validate.Range(0, 1))
    top = fields.Float(required=True, validate=validate.Range(0, 1))
    width = fields.Float(required=True, validate=validate.Range(0, 1))
    height = fields.Float(required=True, validate=validate.Range(0, 1))


class PhotoBody(Body):
    """What is done with one photo; what is left out stays as it is."""

    media_id = fields.Integer(
        required=True,
        validate=validate.Range(1, 2**63 - 1),
        metadata={"description": "The `id` of a photo of the case."},
    )
    public = fields.Boolean(metadata={"description": "Whether everybody sees it; wants the right to check."})
    alt = Text(metadata={"description": "What it shows, for who cannot see it."})
    boxes = fields.List(
        fields.Nested(BoxBody),
        validate=validate.Length(max=MOST_BOXES),
        metadata={
            "description": "What is made black: all of it from whoever may see originals, else more of it."
        },
    )


class MergeBody(Body):
    into = fields.Integer(required=True, validate=validate.Range(1, 2**63 - 1))
    reopen = fields.Boolean(metadata={"description": "Take up the other one again when it is closed."})


class OrderBody(Body):
    contractor = Text(200, required=True)
    text = Text(required=True)
    day = fields.Date(metadata={"description": "By when; otherwise as the catalogue says."})


class DecideBody(Body):
    """A decision about a report that waits for it; what is left out stays as it is."""

    outcome = fields.Enum(Outcome, by_value=True, required=True)
    reason = Text(200, metadata={"description": "A code of the catalogue."})
    parent_id = fields.Integer(validate=validate.Range(1, 2**63 - 1))
    status = Text(200)
    status_notes = Text()
    title = Text()
    description = Text()
    address = Text()
    service_code = Text(200)
    unit = Text(200)
    priority = fields.String(validate=validate.OneOf(PRIORITIES))
    message = Text(metadata={"description": "To the reporter alone; the question when the outcome is `ask`."})
    mail = fields.Boolean(metadata={"description": "Whether the reporter is written to about the outcome."})
