"""A catalogue as a document again: for people, for comparison, and for its digest."""

import hashlib
import json
from dataclasses import asdict
from typing import Any

from open311.base.text import Text
from open311.catalogue_file import desk
from open311.catalogue_file.boundary import as_geojson
from open311.model.catalogue import Agency, Attribute, Catalogue, DetailedStatus, Group, Service
from open311.model.catalogue.site import Site
from open311.model.desk.desk_catalogue import PLAIN_DESK, Desk
from open311.model.jurisdiction import Jurisdiction


def contents(catalogue: Catalogue) -> dict[str, Any]:
    """The document that describes this catalogue, in the form of its file, usual values left out."""
    return _without_blanks(
        {
            "jurisdiction": _jurisdiction(catalogue.jurisdiction),
            "statuses": [_status(status) for status in catalogue.statuses.values()],
            "agencies": [_code_and_name(agency) for agency in catalogue.agencies.values()],
            "groups": [_code_and_name(group) for group in catalogue.groups.values()],
            "boundary": _boundary(catalogue.jurisdiction),
            "site": _site(catalogue.site),
            "desk": _desk(catalogue.desk),
        }
    ) | {"services": [_service(service) for service in catalogue.services.values()]}


def digest(catalogue: Catalogue) -> str:
    """A name for the public contents: equal exactly when they are. What only staff see makes nobody read again."""
    return _digest({section: value for section, value in contents(catalogue).items() if section != "desk"})


def desk_digest(catalogue: Catalogue) -> str:
    """A name for what only staff see: equal exactly when it is."""
    return _digest(_desk(catalogue.desk))


def _digest(value: Any) -> str:
    # Sorted and without blanks: the order of keys in a file, and how it is indented, change nothing.
    canonical = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


# Not by truth: False and 0 are values.
def _without_blanks(document: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in document.items() if value is not None and value not in ([], {}, "")}


def _desk(staff: Desk) -> dict[str, Any] | None:
    return None if staff == PLAIN_DESK else _pruned(desk.contents(staff))


def _pruned(value: Any) -> Any:
    """Without blanks, however deep they are."""
    if isinstance(value, list):
        return [_pruned(item) for item in value]
    if isinstance(value, dict):
        return _without_blanks({key: _pruned(item) for key, item in value.items()})
    return value


def _words(text: Text) -> dict[str, str]:
    return dict(text.by_language)


def _code_and_name(entry: Agency | Group) -> dict[str, Any]:
    return {"code": entry.code, "name": _words(entry.name)}


def _boundary(jurisdiction: Jurisdiction) -> dict[str, Any] | None:
    return None if jurisdiction.boundary is None else as_geojson(jurisdiction.boundary)


def _jurisdiction(jurisdiction: Jurisdiction) -> dict[str, Any]:
    return _without_blanks(
        {
            "jurisdiction_id": jurisdiction.jurisdiction_id,
            "aliases": list(jurisdiction.aliases),
            "name": _words(jurisdiction.name),
            "languages": list(jurisdiction.languages),
            "time_zone": jurisdiction.time_zone.key,
            "contact": _words(jurisdiction.contact),
            "key_service": _words(jurisdiction.key_service),
            "emergency_notice": _words(jurisdiction.emergency_notice),
            "held_by_id": None if jurisdiction.held_by_id else False,
            "zipcode_pattern": jurisdiction.zipcode_pattern,
            "boundary_is_sketch": jurisdiction.boundary_is_sketch or None,
        }
    )


TEXTS_OF_SITE = (
    "name",
    "intro",
    "heading",
    "address_example",
    "imprint",
    "privacy",
    "accessibility",
    "help",
    "easy",
)


def _site(site: Site) -> dict[str, Any]:
    texts = {name: _words(getattr(site, name)) for name in TEXTS_OF_SITE}
    return _without_blanks(
        {
            **texts,
            "colour": site.colour,
            "colour_dark": site.colour_dark,
            "logo": site.logo,
            "map": site.map,
        }
    )


def _status(status: DetailedStatus) -> dict[str, Any]:
    return _without_blanks(
        {
            "code": status.code,
            "label": _words(status.label),
            "description": _words(status.description),
            "status": status.status,
            "colour": status.colour,
            "shape": status.shape,
            "detailed_status": status.detailed_status,
            "update_status": status.update_status,
            "initial": status.initial or None,
            "published": status.published or None,
            "default": status.default or None,
        }
    )


def _service(service: Service) -> dict[str, Any]:
    return _without_blanks(
        {
            "service_code": service.service_code,
            "service_name": _words(service.service_name),
            "description": _words(service.description),
            "keywords": {language: list(words) for language, words in service.keywords.items()},
            "group": service.group,
            "agency": service.agency,
            "type": service.type.value,
            "icon": service.icon,
            "response_days": service.response_time.days if service.response_time else None,
            "retention_days": service.retention_days,
            "service_notice": _words(service.service_notice),
            "stop_text": _words(service.stop_text),
            "moderated": service.moderated,
            "photo_wanted": service.photo_wanted or None,
            "active": None if service.active else False,
            "forward": asdict(service.forward) if service.forward else None,
            "attributes": [
                _attribute(attribute, place) for place, attribute in enumerate(service.attributes, 1)
            ],
        }
    )


def _attribute(attribute: Attribute, place: int) -> dict[str, Any]:
    condition = attribute.only_if
    return _without_blanks(
        {
            "code": attribute.code,
            "datatype": attribute.datatype.value,
            "description": _words(attribute.description),
            "datatype_description": _words(attribute.datatype_description),
            # The usual order is the place in the list, so it would only repeat it.
            "order": None if attribute.order == place else attribute.order,
            "variable": None if attribute.variable else False,
            "required": attribute.required or None,
            "public": attribute.public or None,
            "asset": attribute.asset,
            "values": [{"key": value.key, "name": _words(value.name)} for value in attribute.values],
            "only_if": {"code": condition.code, "values": sorted(condition.values)} if condition else None,
        }
    )
