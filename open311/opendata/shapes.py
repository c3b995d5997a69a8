"""What open data look like as JSON, for the OpenAPI document; programs are generated from it."""

from typing import Any

REQUEST = {"$ref": "#/components/schemas/ServiceRequest"}
TEXT = {"type": "string"}
MOMENT = {"type": "string", "format": "date-time"}
NUMBER_OR_NULL = {"type": ["number", "null"]}
# Few are told as "<5".
COUNT = {"type": ["integer", "string"], "description": 'A number, or `"<5"` for one to four.'}


def _record(required: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"type": "object", "properties": required, "required": list(required), **more}


def _or_null(schema: dict[str, Any]) -> dict[str, Any]:
    return {"anyOf": [schema, {"type": "null"}]}


CHANGES = _record(
    {
        "changes": {
            "type": "array",
            "items": _record(
                {
                    "kind": {**TEXT, "description": "What happened; more kinds may come."},
                    "datetime": MOMENT,
                    "service_request_id": TEXT,
                    "reason": {
                        "type": ["string", "null"],
                        "enum": ["hidden", "erased", "merged", None],
                        "description": "Why the request is not where it was.",
                    },
                    "request": {
                        **_or_null(REQUEST),
                        "description": "The request as it is now; null when it is not public any more: delete it.",
                    },
                }
            ),
        },
        "next": {**TEXT, "description": "For `since` of the next question."},
        "more": {"type": "boolean", "description": "Whether more is there already."},
    }
)

_POINT = _record(
    {
        "type": {**TEXT, "enum": ["Point"]},
        "coordinates": {
            "type": "array",
            "items": {"type": "number"},
            "minItems": 2,
            "maxItems": 2,
            "description": "Longitude, latitude.",
        },
    }
)
FEATURES = _record(
    {
        "type": {**TEXT, "enum": ["FeatureCollection"]},
        "features": {
            "type": "array",
            "items": _record(
                {
                    "type": {**TEXT, "enum": ["Feature"]},
                    "id": TEXT,
                    "geometry": {**_or_null(_POINT), "description": "null where a report has no position."},
                    "properties": REQUEST,
                }
            ),
        },
    }
)

_FIGURES = {
    "received": COUNT,
    "closed": COUNT,
    "open": COUNT,
    "median_days": NUMBER_OR_NULL,
    "ninety_percent_days": NUMBER_OR_NULL,
    "on_time_percent": NUMBER_OR_NULL,
}


def _lines(**names: Any) -> dict[str, Any]:
    return {"type": "array", "items": _record({**names, **_FIGURES})}


STATISTICS = _record(
    {
        "jurisdiction_id": TEXT,
        "updated_datetime": {**_or_null(MOMENT), "description": "When they were added up."},
        "definitions": {
            "type": "object",
            "additionalProperties": TEXT,
            "description": "What each figure counts, in words.",
        },
        "total": _record(_FIGURES),
        "months": _lines(month={**TEXT, "description": "Such as 2026-11."}),
        "services": _lines(service_code=TEXT, service_name=TEXT),
        "areas": _lines(area_code=TEXT, area_name=TEXT),
    }
)
