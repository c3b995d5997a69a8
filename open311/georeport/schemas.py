"""What each method answers, for the OpenAPI document; `formats/documents.py` makes the answers."""

from typing import Any

from marshmallow import Schema, fields
from marshmallow.validate import OneOf, Range

from open311.model.catalogue import Datatype
from open311.model.fields import Role
from open311.model.service_request import fields_with


def _text(*, null: bool = False, always: bool = True, **metadata: Any) -> fields.String:
    return fields.String(required=always, allow_none=null, metadata=metadata)


class ErrorSchema(Schema):
    """One thing that is wrong."""

    code = fields.Integer(required=True, metadata={"description": "The HTTP status."})
    description = _text(description="What to do about it, for the end user.")


class ServiceSchema(Schema):
    """One service on offer."""

    service_code = _text()
    service_name = _text()
    description = _text()
    metadata = fields.Boolean(required=True)
    type = fields.String(required=True, validate=OneOf(["realtime", "batch", "blackbox"]))
    keywords = _text(description="Comma separated.")
    group = _text()


class ValueSchema(Schema):
    """One choice of a list attribute."""

    key = _text()
    name = _text()


class AttributeSchema(Schema):
    """One question, or one piece of information."""

    variable = fields.Boolean(required=True)
    code = _text()
    datatype = fields.String(required=True, validate=OneOf([*map(str, Datatype)]))
    required = fields.Boolean(required=True)
    datatype_description = _text()
    order = fields.Integer(required=True, validate=Range(min=1))
    description = _text()
    values = fields.List(fields.Nested(ValueSchema), required=True)


class ServiceDefinitionSchema(Schema):
    """The attributes of a service."""

    service_code = _text()
    attributes = fields.List(fields.Nested(AttributeSchema), required=True)


class ReceiptSchema(Schema):
    """The answer to a POST: an id or a token or neither."""

    service_request_id = _text(always=False)
    token = _text(always=False)
    service_notice = _text(always=False)


class TokenSchema(Schema):
    """What became of a token."""

    service_request_id = _text(always=False, description="Missing until it is known.")
    token = _text()


class ExtendedAttributesSchema(Schema):
    """Further facts about a request."""

    title = _text(null=True)
    detailed_status = _text(null=True)
    detailed_status_datetime = fields.DateTime(required=True, allow_none=True)
    closed_datetime = fields.DateTime(required=True, allow_none=True)
    channel = _text(null=True)
    media_urls = fields.List(fields.String(), required=True)
    duplicate = fields.Boolean(required=True)
    parent_service_request_id = _text(null=True)
    affected = fields.Integer(required=True)
    vars().update((name, _text(null=True)) for name in fields_with(Role.EXTENDED))
    distance = fields.Float(required=True, allow_none=True)
    reference = _text(always=False, description="The id it has where it came from.")


class AnswerSchema(Schema):
    """A public answer to an attribute."""

    code = _text()
    label = _text()
    name = _text()
    value = _text()


class NoteSchema(Schema):
    """One line of a request's public history."""

    datetime = fields.DateTime(required=True)
    type = _text()
    summary = _text()
    description = _text()
    media_urls = fields.List(fields.String(), metadata={"description": "Only with pictures."})


class ServiceRequestSchema(Schema):
    """A request as everybody may see it."""

    service_request_id = _text()
    status = fields.String(required=True, validate=OneOf(["open", "closed"]))
    status_notes = _text(always=False)
    service_name = _text()
    service_code = _text()
    description = _text()
    agency_responsible = _text(always=False)
    service_notice = _text(always=False)
    requested_datetime = fields.DateTime(required=True)
    updated_datetime = fields.DateTime(required=True)
    expected_datetime = fields.DateTime()
    address = _text()
    address_id = _text(null=True)
    zipcode = _text(null=True)
    lat = fields.Float(required=True, allow_none=True)
    long = fields.Float(required=True, allow_none=True)
    media_url = _text(null=True)
    extended_attributes = fields.Nested(ExtendedAttributesSchema)
    attributes = fields.List(fields.Nested(AnswerSchema))
    notes = fields.List(fields.Nested(NoteSchema))


class UpdateSchema(Schema):
    """Something that happened to a request."""

    update_id = _text(description="Unique for ever.")
    service_request_id = _text()
    status = _text(description="The state after it, in FixMyStreet's words.")
    updated_datetime = fields.DateTime(required=True)
    description = _text()
    media_url = fields.Raw(
        required=True,
        metadata={
            "oneOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}, "minItems": 2}],
            "description": "Empty when there is no picture, a list when there are several.",
        },
    )
    fixmystreet_id = _text(always=False, description="As the report named it.")


class UpdateReceiptSchema(Schema):
    """The answer to an update that was sent."""

    update_id = _text(description="The id it has here.")


class EndpointSchema(Schema):
    """One place where the API is served."""

    specification = _text()
    url = fields.Url(required=True)
    changeset = fields.DateTime(required=True)
    type = fields.String(required=True, validate=OneOf(["production", "test"]))
    formats = fields.List(fields.String(), required=True)


class DiscoverySchema(Schema):
    """Service discovery."""

    changeset = fields.DateTime(required=True)
    contact = _text()
    key_service = _text()
    endpoints = fields.List(fields.Nested(EndpointSchema), required=True)
