"""Answers to the questions of a service, in the words of a reader."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import tzinfo

from open311.base.datetimes import local, parse
from open311.base.i18n import long_day, spoken_number
from open311.model.catalogue import Attribute, Datatype, Service

Answers = Mapping[str, Sequence[str]]


def answered(
    attributes: Iterable[Attribute], answers: Answers, language: str, time_zone: tzinfo
) -> list[tuple[str, str]]:
    """Questions with their answers, without those that nobody has answered."""
    return [
        (
            attribute.description.in_language(language),
            ", ".join(_values(attribute, answers[attribute.code], language, time_zone)),
        )
        for attribute in attributes
        if answers.get(attribute.code)
    ]


def every_answer(
    service: Service | None, answers: Answers, language: str, time_zone: tzinfo
) -> list[tuple[str, str]]:
    """All answers; those to questions that the catalogue has forgotten under their codes."""
    attributes = service.attributes if service else ()
    of_service = {attribute.code for attribute in attributes}
    return answered(attributes, answers, language, time_zone) + [
        (code, ", ".join(values)) for code, values in answers.items() if code not in of_service
    ]


def _values(attribute: Attribute, values: Iterable[str], language: str, time_zone: tzinfo) -> list[str]:
    names = {value.key: value.name.in_language(language) for value in attribute.values}
    if attribute.datatype is Datatype.DATETIME:
        return [_day(value, language, time_zone) for value in values]
    if attribute.datatype is Datatype.NUMBER:
        return [spoken_number(value, language) for value in values]
    return [names.get(value, value) for value in values]


def _day(raw: str, language: str, time_zone: tzinfo) -> str:
    try:
        return long_day(local(parse(raw, time_zone), time_zone), language)
    except ValueError:
        return raw
