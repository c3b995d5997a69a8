"""What is done with a field of a service request: each names its roles, and rooms ask for the fields of a role.

The fields themselves are in `ServiceRequest`. A new text that senders may give is one line there, a column and its
migration, and an element of `schemas/georeport-v2.xsd`.
"""

from collections.abc import Mapping
from enum import Flag, auto
from typing import Annotated, Any, get_args, get_origin, get_type_hints


class Role(Flag):
    """Something that is done with a field."""

    NONE = 0
    # A column of `service_requests` by the same name is read for it.
    COLUMN = auto()
    # It stays when a request is not shown whole.
    REDACTED = auto()
    # It is written when a report comes in, and when one is taken over from another server.
    NEW = auto()
    TAKEN = auto()
    # A text that its sender may give, and one that stands among `extended_attributes`.
    SENT = auto()
    EXTENDED = auto()
    # A column of CSV files that are imported, beside those that GeoReport v2 names.
    CSV = auto()


STATE = Role.COLUMN | Role.REDACTED | Role.NEW | Role.TAKEN
TOLD = Role.COLUMN | Role.NEW | Role.TAKEN
# All that a text needs that senders may add to their report.
TEXT = TOLD | Role.SENT | Role.EXTENDED | Role.CSV


def roles_of(described: type) -> Mapping[str, Role]:
    """Field → its roles, in the order of a class whose fields are annotated with them."""
    hints = get_type_hints(described, include_extras=True)
    return {name: _role(hints[name]) for name in described.__annotations__}


def _role(hint: Any) -> Role:
    if get_origin(hint) is not Annotated:
        return Role.NONE
    return next((extra for extra in get_args(hint)[1:] if isinstance(extra, Role)), Role.NONE)
