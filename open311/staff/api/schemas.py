"""What the interface of the desk hands out, and what may be asked of it."""

from enum import StrEnum
from typing import Any

from marshmallow import Schema, ValidationError, fields, validate

from open311.model.casework.cases import Priority, Stage
from open311.model.casework.desk_filters import LONGEST_VALUE, MANY, NAMES, PAGE_ONLY
from open311.model.casework.desk_search import PAGE_SIZE
from open311.model.service_request import Visibility

LONGEST_TEXT = 20_000
PRIORITIES = tuple(priority.word for priority in Priority)
CaseFilters = "As in the address of the list of cases at the desk."


class Text(fields.String):
    """Text that a database can hold: no NUL, and no half of a letter."""

    def __init__(self, longest: int = LONGEST_TEXT, **kwargs: Any) -> None:
        super().__init__(validate=validate.Length(max=longest), **kwargs)

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> Any:
        text = super()._deserialize(value, *args, **kwargs)
        # JSON can write both, as `\u0000` and `\ud800`; PostgreSQL and UTF-8 can hold neither.
        if "\0" in text or any("\ud800" <= letter <= "\udfff" for letter in text):
            raise ValidationError("not a text")
        return text


class _Moment(fields.AwareDateTime):
    """In whole seconds, with the offset of UTC."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(format="iso", **kwargs)


def _one_of(words: type[StrEnum]) -> fields.String:
    return fields.String(validate=validate.OneOf([word.value for word in words]))


LONGEST_LIST = 2000
_Filters: type[Schema] = Schema.from_dict(
    {
        name: Text(LONGEST_LIST, metadata={"description": "Several values with commas between them."})
        if name in MANY
        else Text(LONGEST_VALUE)
        for name in NAMES
        if name not in PAGE_ONLY
    }
)


class CasesQuery(_Filters):  # type: ignore[misc, valid-type]
    """The filters of the list, by the names that they have in the address of its page.

    A person is `me` or `nobody`: no program lists what colleagues have.
    """

    view = Text(
        LONGEST_VALUE, metadata={"description": "The name of a view; its filters count where none is named."}
    )
    cursor = Text(1000, metadata={"description": "From `next` of the page before."})
    limit = fields.Integer(validate=validate.Range(1, PAGE_SIZE))


class CaseSchema(Schema):
    """A case as the list shows it."""

    service_request_id = fields.Integer()
    jurisdiction_id = fields.String()
    revision = fields.Integer()
    service_code = fields.String()
    stage = _one_of(Stage)
    status = fields.String(metadata={"description": "`open` or `closed`, as GeoReport has it."})
    detailed_status = fields.String(metadata={"description": "The code of the catalogue."})
    visibility = _one_of(Visibility)
    priority = fields.String(validate=validate.OneOf(PRIORITIES))
    unit = fields.String(allow_none=True)
    assignee = fields.String(
        allow_none=True, metadata={"description": "By name for colleagues, else the unit."}
    )
    flags = fields.List(fields.String())
    areas = fields.List(fields.String())
    awaits = fields.List(fields.String(), metadata={"description": "What else waits for a decision."})
    received_datetime = _Moment()
    touched_datetime = _Moment()
    due_datetime = _Moment(allow_none=True)
    is_overdue = fields.Boolean()
    resume_date = fields.Date(allow_none=True)
    title = fields.String(allow_none=True)
    description = fields.String()
    address = fields.String()
    channel = fields.String(allow_none=True)
    lat = fields.Float(allow_none=True)
    long = fields.Float(allow_none=True)
    parent_id = fields.Integer(allow_none=True, metadata={"description": "The report that this one repeats."})


class CasesSchema(Schema):
    """A page of cases."""

    cases = fields.List(fields.Nested(CaseSchema))
    next = fields.String(
        allow_none=True, metadata={"description": "The cursor of the next page, if there is one."}
    )


class PhotoSchema(Schema):
    """A photo of a case; GET `photos/KEY` hands out the file."""

    id = fields.Integer()
    key = fields.String()
    visibility = fields.String()
    alt = fields.String(allow_none=True)
    update_id = fields.Integer(allow_none=True)


class WholeCaseSchema(CaseSchema):
    """A case with all that staff see of it but who sent it."""

    zipcode = fields.String(allow_none=True)
    service_object_id = fields.String(allow_none=True)
    status_notes = fields.String(allow_none=True)
    attributes = fields.Dict(keys=fields.String(), values=fields.List(fields.String()))
    former_units = fields.List(fields.String())
    check_by = _Moment(allow_none=True)
    accept_by = _Moment(allow_none=True)
    accepted_datetime = _Moment(allow_none=True)
    paused_since = _Moment(allow_none=True)
    duplicates = fields.List(fields.Integer())
    photos = fields.List(fields.Nested(PhotoSchema))
    may = fields.List(
        fields.String(), metadata={"description": "The rights that the token has to this very case."}
    )


class LineSchema(Schema):
    """A line of the history, in words of the catalogue and the language of the account."""

    kind = fields.String(metadata={"description": "As the stream of events names it; `note` for a note."})
    datetime = _Moment()
    who = fields.String()
    what = fields.String()
    before = fields.String()
    after = fields.String()
    text = fields.String()
    public = fields.Boolean()


class HistorySchema(Schema):
    """What happened to a case, the last first."""

    events = fields.List(fields.Nested(LineSchema))


class ContactSchema(Schema):
    """Who sent the report, as far as they said."""

    email = fields.String(allow_none=True)
    phone = fields.String(allow_none=True)
    first_name = fields.String(allow_none=True)
    last_name = fields.String(allow_none=True)


class DoneSchema(Schema):
    """What an act has made of the case; the same revision is in `ETag`."""

    service_request_id = fields.Integer()
    revision = fields.Integer()


class FiguresSchema(Schema):
    """Open cases that the token may see."""

    stages = fields.Dict(keys=fields.String(), values=fields.Integer())
    units = fields.Dict(keys=fields.String(), values=fields.Integer())
    overdue = fields.Integer()
    awaiting = fields.Integer(metadata={"description": "Claims, photos, answers and wishes to be decided."})


class ViewSchema(Schema):
    """Filters under a name."""

    name = fields.String()
    unit = fields.String(allow_none=True)
    query = fields.Dict(keys=fields.String(), values=fields.String())


class ViewsSchema(Schema):
    """The views that everybody has, one's own, and those of one's units."""

    views = fields.List(fields.Nested(ViewSchema))


class RoutingQuery(Schema):
    """A report that there is not yet."""

    service_code = Text(200, required=True)
    lat = fields.Float(validate=validate.Range(-90, 90))
    long = fields.Float(validate=validate.Range(-180, 180))
    jurisdiction_id = Text(200)


class PassedRuleSchema(Schema):
    """A rule that does not fit."""

    rule = fields.String()
    because = fields.String(metadata={"description": "`service`, `area`, `answers` or `hours`."})


class RouteSchema(Schema):
    """Where a report would go to, and why."""

    unit = fields.String(allow_none=True)
    rule = fields.String(allow_none=True)
    passed_over = fields.List(fields.Nested(PassedRuleSchema))
