"""What may be answered to the attributes of a service, and who may read the answers."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

from open311.base import datetimes
from open311.base.errors import Problem, problem
from open311.base.text import tidy
from open311.model.catalogue import Attribute, Datatype, Service

ANSWER_LENGTH = 4000
CODE_LENGTH = 64
UNKNOWN_CODES = 100
VALUES_PER_CODE = 100
LISTS = (Datatype.SINGLEVALUELIST, Datatype.MULTIVALUELIST)

_DECIMAL_COMMA = re.compile(r"[+-]?[0-9]{1,15},(?:[0-9]{1,2}|[0-9]{4,15})")
_NUMBER = re.compile(r"[+-]?(?:[0-9]{1,15}(?:\.[0-9]{0,15})?|\.[0-9]{1,15})")
_DATE = r"(?:(?P<iso>\d{4}-\d\d-\d\d)|(?P<day>\d{1,2})\.(?P<month>\d{1,2})\.(?P<year>(?P<century>\d\d)?\d\d))"
_DATETIME = re.compile(rf"{_DATE}(?:(?:T|,? ){datetimes.CLOCK})?", re.ASCII | re.IGNORECASE)
# A year in two figures, as POSIX has it.
_FIRST_OF_LAST_CENTURY = 69


@dataclass(frozen=True, slots=True)
class Answers:
    """The answers of one report by who may see them, in the form they are stored, and what is wrong with them.

    `private` ones belong to the reporter's data. `unknown` ones have a code that the definition does not name.
    """

    public: dict[str, list[str]] = field(default_factory=dict)
    private: dict[str, list[str]] = field(default_factory=dict)
    unknown: dict[str, list[str]] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()

    @property
    def every(self) -> dict[str, list[str]]:
        """All of them; what the definition knows counts."""
        return {**self.unknown, **self.private, **self.public}


class _Refused(ValueError):
    """An answer that cannot be accepted; names the message that says why."""


def check(service: Service, answers: Mapping[str, Sequence[str]]) -> Answers:
    """Sort the answers of a report and hold them against the definition of its service; never raises."""
    given_answers = _without_blanks(answers)
    attributes = {attribute.code: attribute for attribute in service.attributes}
    problems: list[Problem] = []
    public: dict[str, list[str]] = {}
    private: dict[str, list[str]] = {}
    for attribute in service.attributes:
        if attribute.variable and attribute.code in given_answers:
            accepted = _accept(attribute, given_answers[attribute.code], problems)
            if accepted:
                (public if attribute.public else private)[attribute.code] = accepted
    problems += _missing(service, given_answers, public | private)
    unknown = {code: values for code, values in given_answers.items() if code not in attributes}
    problems += _unfit(unknown)
    return Answers(public, private, unknown, tuple(problems))


def _without_blanks(answers: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """The answers without blank ones and repetitions; an empty answer counts as none."""
    by_code: dict[str, dict[str, None]] = {}
    for code, values in answers.items():
        by_code.setdefault(tidy(code), {}).update(dict.fromkeys(filter(None, map(tidy, values))))
    return {code: list(values) for code, values in by_code.items() if code and values}


def _accept(attribute: Attribute, values: list[str], problems: list[Problem]) -> list[str]:
    accepted: list[str] = []
    if len(values) > VALUES_PER_CODE:
        problems.append(
            problem("error.attribute.too_many_values", code=attribute.code, limit=VALUES_PER_CODE)
        )
        return accepted
    values = list(dict.fromkeys(choice for value in values for choice in _choices(attribute, value)))
    for value in values:
        try:
            accepted.append(_read(attribute, value))
        except _Refused as key:
            shown = value if len(value) <= CODE_LENGTH else f"{value[: CODE_LENGTH - 1]}…"
            problems.append(problem(str(key), code=attribute.code, value=shown, limit=ANSWER_LENGTH))
    # Two spellings of one answer are one answer.
    accepted = list(dict.fromkeys(accepted))
    if attribute.datatype is not Datatype.MULTIVALUELIST and len(values) > 1 and len(accepted) != 1:
        problems.append(problem("error.attribute.single", code=attribute.code))
    return accepted


def _read(attribute: Attribute, value: str) -> str:
    """One answer in the form it is stored."""
    if len(value) > ANSWER_LENGTH:
        raise _Refused("error.attribute.too_long")
    if attribute.datatype in LISTS:
        return _key(attribute, value)
    return READERS[attribute.datatype](value)


def _choices(attribute: Attribute, value: str) -> list[str]:
    """The keys in one answer: Libre311 joins those of several choices by commas."""
    if attribute.datatype is not Datatype.MULTIVALUELIST or len(value) > ANSWER_LENGTH:
        return [value]
    choices = [choice for part in value.split(",") if (choice := part.strip())]
    are_keys = choices and all(_find_key(attribute, choice) for choice in choices)
    return choices if are_keys and not _find_key(attribute, value) else [value]


def _key(attribute: Attribute, value: str) -> str:
    key = _find_key(attribute, value)
    if key is None:
        raise _Refused("error.attribute.value_unknown")
    return key


def _find_key(attribute: Attribute, value: str) -> str | None:
    keys = [choice.key for choice in attribute.values]
    # Old clients capitalise keys, or write them small.
    alike = (key for key in keys if key.casefold() == value.casefold())
    return value if value in keys else next(alike, None)


def _one_line(value: str) -> str:
    if "\n" in value:
        raise _Refused("error.attribute.line_break")
    return value


def _number(value: str) -> str:
    # A comma with three figures behind it may part thousands, so it is not guessed at.
    if _DECIMAL_COMMA.fullmatch(value):
        value = value.replace(",", ".")
    if not _NUMBER.fullmatch(value):
        raise _Refused("error.attribute.number")
    # A float keeps 15 figures; an answer may have 30.
    plain = f"{Decimal(value):f}"
    shortest = plain.rstrip("0").rstrip(".") if "." in plain else plain
    return "0" if shortest in ("0", "-0") else shortest


def _datetime(value: str) -> str:
    try:
        return parse_datetime_answer(value)
    except ValueError:
        raise _Refused("error.attribute.datetime") from None


def parse_datetime_answer(raw: str) -> str:
    """A date, with or without time and zone, as ISO 8601; also from the German `31.12.2026` or `31.12.26`.

    ValueError when it is none. What the sender left open stays open: a date remains a date.
    """
    match = _DATETIME.fullmatch(raw)
    if not match:
        raise ValueError(f"not a date: {raw!r}")
    day = date.fromisoformat(match["iso"]) if match["iso"] else _german(match)
    if not match["time"]:
        return day.isoformat()
    return f"{day.isoformat()}T{datetimes.clock(match).isoformat('seconds')}{_zone(match)}"


def _german(match: re.Match[str]) -> date:
    """A date as GeoReporter on Android sends it: as the telephone writes it, on newer ones with a short year."""
    year = int(match["year"])
    if not match["century"]:
        year += 2000 if year < _FIRST_OF_LAST_CENTURY else 1900
    return date(year, int(match["month"]), int(match["day"]))


def _zone(match: re.Match[str]) -> str:
    if match["hours"] is None:
        return "Z" if match["zone"] else ""
    # What ISO 8601 lets through and no program after us could read back.
    if timedelta(hours=int(match["hours"])) >= timedelta(days=1):
        raise ValueError(f"not an offset: {match['zone']!r}")
    # A plus sign that was not encoded arrives as a blank.
    return f"{match['sign'].replace(' ', '+')}{match['hours']}:{match['minutes'] or '00'}"


READERS: dict[Datatype, Callable[[str], str]] = {
    Datatype.STRING: _one_line,
    Datatype.TEXT: str,
    Datatype.NUMBER: _number,
    Datatype.DATETIME: _datetime,
}


def _missing(
    service: Service, values: Mapping[str, list[str]], accepted: Mapping[str, list[str]]
) -> Iterator[Problem]:
    for attribute in service.attributes:
        is_needed = attribute.variable and attribute.required and _is_asked(attribute, accepted)
        if is_needed and attribute.code not in values:
            description = attribute.description
            yield problem("error.attribute.required", code=attribute.code, description=description)


def _is_asked(attribute: Attribute, accepted: Mapping[str, list[str]]) -> bool:
    condition = attribute.only_if
    return condition is None or not condition.values.isdisjoint(accepted.get(condition.code, ()))


def _unfit(unknown: Mapping[str, list[str]]) -> Iterator[Problem]:
    """What is wrong with answers nobody asked for: only their size can be."""
    if len(unknown) > UNKNOWN_CODES:
        yield problem("error.attribute.too_many", limit=UNKNOWN_CODES)
        return
    for code, values in unknown.items():
        if len(code) > CODE_LENGTH:
            yield problem("error.attribute.code_too_long", code=f"{code[:CODE_LENGTH]}…", limit=CODE_LENGTH)
        if len(values) > VALUES_PER_CODE:
            yield problem("error.attribute.too_many_values", code=code[:CODE_LENGTH], limit=VALUES_PER_CODE)
        if any(len(value) > ANSWER_LENGTH for value in values):
            yield problem("error.attribute.too_long", code=code[:CODE_LENGTH], limit=ANSWER_LENGTH)
