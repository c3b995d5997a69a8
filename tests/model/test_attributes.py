"""What may be answered to the attributes of a service."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from open311.base.i18n import LANGUAGES, translate
from open311.model.catalogue import Attribute, Condition, Datatype, Service, Value
from open311.model.catalogue.attributes import Answers, check, parse_datetime_answer
from tests.builders import a_service, a_vehicle_service, an_attribute, words

CHOICES = tuple(Value(key, words(key.title())) for key in ("rot", "blau", "Grün", "A", "a"))


def a_question(datatype: Datatype, **fields: Any) -> Attribute:
    values = CHOICES if datatype.value.endswith("list") else ()
    return an_attribute("Q", 1, words("Frage?", "Question?"), datatype=datatype, values=values, **fields)


def asking(*attributes: Attribute) -> Service:
    return a_service(attributes=attributes)


def answered(datatype: Datatype, *values: str, **fields: Any) -> Answers:
    return check(asking(a_question(datatype, **fields)), {"Q": list(values)})


def keys(answers: Answers) -> list[str]:
    return [problem.key.removeprefix("error.attribute.") for problem in answers.problems]


def test_a_complete_set_of_answers_is_accepted() -> None:
    answers = check(a_vehicle_service(), {"FARBE": ["blau"], "ZUSTAND": ["reifen", "glas"]})
    assert answers == Answers(public={"FARBE": ["blau"], "ZUSTAND": ["reifen", "glas"]})


def test_a_required_answer_that_is_missing_is_named() -> None:
    """R-116: the message contains `CODE required`."""
    (missing,) = check(a_vehicle_service(), {}).problems
    assert missing.key == "error.attribute.required"
    assert missing.values == {
        "code": "FARBE",
        "description": words("Farbe des Fahrzeugs", "Colour of the vehicle"),
    }


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_message_about_a_missing_answer_begins_with_its_code(language: str) -> None:
    """R-116."""
    message = translate("error.attribute.required", language, code="FARBE", description="Colour?")
    assert message.startswith("FARBE required: Colour?")


@pytest.mark.parametrize("blank", [[], [""], ["  "], ["\t\r\n"], ["", " "], ["\x00"]])
def test_a_blank_answer_is_none(blank: list[str]) -> None:
    """R-117, R-118."""
    assert keys(check(a_vehicle_service(), {"FARBE": blank})) == ["required"]
    assert check(a_vehicle_service(), {"FARBE": ["rot"], "ZUSTAND": blank}) == Answers(
        public={"FARBE": ["rot"]}
    )


def test_all_values_of_a_multivaluelist_are_kept_in_order_and_once() -> None:
    """R-119."""
    answers = answered(Datatype.MULTIVALUELIST, "rot", "blau", "rot", public=True)
    assert answers == Answers(public={"Q": ["rot", "blau"]})


def test_a_value_that_is_not_a_choice_is_named_with_its_attribute() -> None:
    """R-122."""
    (unknown,) = answered(Datatype.MULTIVALUELIST, "rot", "lila").problems
    assert unknown.key == "error.attribute.value_unknown"
    assert (unknown.values["code"], unknown.values["value"]) == ("Q", "lila")


def test_the_name_of_a_choice_is_not_its_key() -> None:
    """R-122."""
    service = asking(replace(a_question(Datatype.SINGLEVALUELIST), values=(Value("1", words("Rot")),)))
    assert keys(check(service, {"Q": ["Rot"]})) == ["value_unknown"]


@pytest.mark.parametrize(("sent", "kept"), [("ROT", "rot"), ("grün", "Grün"), ("a", "a"), ("A", "A")])
def test_a_key_in_other_letters_is_understood_unless_one_fits_exactly(sent: str, kept: str) -> None:
    assert answered(Datatype.SINGLEVALUELIST, sent).private == {"Q": [kept]}


@pytest.mark.parametrize(
    "datatype", [datatype for datatype in Datatype if datatype is not Datatype.MULTIVALUELIST]
)
def test_two_values_are_too_many_where_one_is_asked(datatype: Datatype) -> None:
    """R-123."""
    two = {
        Datatype.NUMBER: ("1", "2"),
        Datatype.DATETIME: ("2026-01-01", "2026-01-02"),
        Datatype.SINGLEVALUELIST: ("rot", "blau"),
    }
    assert keys(answered(datatype, *two.get(datatype, ("x", "y")))) == ["single"]


def test_the_same_value_twice_is_one_value() -> None:
    """R-123."""
    assert answered(Datatype.SINGLEVALUELIST, "rot", "ROT", "rot").private == {"Q": ["rot"]}


@pytest.mark.parametrize(
    "wrong", ["abc", "1,500", "1,5,5", "NaN", "inf", "-Infinity", "1e400", "1" * 16, "1 2", "٣", "0x1f"]
)
def test_no_number_is_refused(wrong: str) -> None:
    """R-124."""
    assert keys(answered(Datatype.NUMBER, wrong)) == ["number"]


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("1", "1"),
        ("1.50", "1.5"),
        ("1,5", "1.5"),
        ("+7", "7"),
        ("-0.0", "0"),
        (".5", "0.5"),
        ("5.", "5"),
        ("007", "7"),
        ("100", "100"),
    ],
)
def test_a_number_is_kept_in_its_shortest_form(sent: str, kept: str) -> None:
    assert answered(Datatype.NUMBER, sent).private == {"Q": [kept]}


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("2026-12-31", "2026-12-31"),
        ("31.12.2026", "2026-12-31"),
        ("1.2.2026", "2026-02-01"),
        ("31.12.2026 14:30", "2026-12-31T14:30:00"),
        ("2026-12-31T14:30", "2026-12-31T14:30:00"),
        ("2026-12-31T14:30:15.123Z", "2026-12-31T14:30:15Z"),
        ("2026-12-31T14:30:15+0100", "2026-12-31T14:30:15+01:00"),
        ("2026-12-31T14:30:15 01:00", "2026-12-31T14:30:15+01:00"),
        ("2026-12-31 14:30:15 +0000", "2026-12-31T14:30:15+00:00"),
        ("2026-12-31t14:30z", "2026-12-31T14:30:00Z"),
        ("2026-12-31 14:30:15 UTC", "2026-12-31T14:30:15Z"),
        ("2026-12-31T14:30+01:00[Europe/Berlin]", "2026-12-31T14:30:00+01:00"),
        ("2026-12-31T23:59:60,5-05", "2026-12-31T23:59:59-05:00"),
        ("31.12.26", "2026-12-31"),
        ("1.2.69", "1969-02-01"),
        ("31.12.26, 14:30", "2026-12-31T14:30:00"),
    ],
)
def test_a_date_is_kept_as_iso_8601(sent: str, kept: str) -> None:
    """R-125: also a date as German telephones write it, and a moment as other programs do (3.4)."""
    assert answered(Datatype.DATETIME, sent).private == {"Q": [kept]}


@pytest.mark.parametrize(
    "wrong",
    [
        "abc",
        "31.02.2026",
        "2026-13-01",
        "0000-01-01",
        "12/31/2026",
        "2026-01-01T25:00",
        "2026-01-01T00:00+99:00",
    ],
)
def test_no_date_is_refused(wrong: str) -> None:
    """R-124."""
    assert keys(answered(Datatype.DATETIME, wrong)) == ["datetime"]


def test_a_string_is_one_line_and_a_text_may_have_several() -> None:
    assert keys(answered(Datatype.STRING, "a\r\nb")) == ["line_break"]
    assert answered(Datatype.TEXT, "a\r\nb\rc").private == {"Q": ["a\nb\nc"]}


@pytest.mark.parametrize("datatype", Datatype)
def test_an_answer_has_an_end(datatype: Datatype) -> None:
    assert keys(answered(datatype, "1" * 4001)) == ["too_long"]
    assert keys(answered(datatype, *map(str, range(10_000)))) == ["too_many_values"]


def test_an_answer_of_4000_characters_is_accepted() -> None:
    assert answered(Datatype.TEXT, "ü" * 4000).private == {"Q": ["ü" * 4000]}


def test_an_answer_nobody_asked_for_is_kept_apart() -> None:
    """R-126."""
    answers = check(a_vehicle_service(), {"FARBE": ["rot"], "fixmystreet_id": ["4711"], "easting": [""]})
    assert answers == Answers(public={"FARBE": ["rot"]}, unknown={"fixmystreet_id": ["4711"]})


def test_answers_nobody_asked_for_have_an_end() -> None:
    assert check(a_service(), {str(number): ["x"] for number in range(100)}).problems == ()
    assert keys(check(a_service(), {str(number): ["x"] for number in range(101)})) == ["too_many"]
    assert keys(check(a_service(), {"c" * 65: ["x"]})) == ["code_too_long"]
    assert keys(check(a_service(), {"c": ["x" * 4001]})) == ["too_long"]
    assert keys(check(a_service(), {"c": list(map(str, range(101)))})) == ["too_many_values"]


def test_an_information_is_never_required_and_an_answer_to_it_is_ignored() -> None:
    """R-127."""
    service = asking(a_question(Datatype.TEXT, variable=False, required=True))
    assert check(service, {}) == Answers()
    assert check(service, {"Q": ["gelesen"]}) == Answers()


def test_an_answer_that_is_not_public_is_kept_with_the_reporter() -> None:
    answers = check(a_vehicle_service(), {"FARBE": ["rot"], "KENNZEICHEN": ["LU-AB 123"]})
    assert answers.private == {"KENNZEICHEN": ["LU-AB 123"]}
    assert answers.public == {"FARBE": ["rot"]}


def test_a_conditional_answer_is_required_only_when_its_condition_holds() -> None:
    """R-116."""
    condition = Condition("Q", frozenset({"rot"}))
    more = an_attribute("MEHR", 2, words("Mehr?"), required=True, only_if=condition)
    service = asking(a_question(Datatype.SINGLEVALUELIST), more)
    assert keys(check(service, {"Q": ["rot"]})) == ["required"]
    assert keys(check(service, {"Q": ["ROT"]})) == ["required"]
    assert keys(check(service, {"Q": ["blau"]})) == []
    assert keys(check(service, {})) == []
    assert check(service, {"Q": ["rot"], "MEHR": ["ja"]}).private == {"Q": ["rot"], "MEHR": ["ja"]}


def test_all_problems_are_told_at_once() -> None:
    """R-137."""
    service = asking(
        a_question(Datatype.NUMBER), replace(a_question(Datatype.TEXT), code="R", order=2, required=True)
    )
    assert sorted(keys(check(service, {"Q": ["x"], "c" * 65: ["x"]}))) == [
        "code_too_long",
        "number",
        "required",
    ]


@pytest.mark.parametrize("language", LANGUAGES)
@settings(deadline=None)
@given(st.data())
def test_each_problem_has_words(language: str, data: st.DataObject) -> None:
    """Each message exists in each language, and its gaps are filled."""
    datatype = data.draw(st.sampled_from(Datatype))
    values = data.draw(st.lists(st.text(max_size=5)))
    for problem in answered(datatype, *values, required=True).problems:
        message = translate(problem.key, language, **problem.values)
        assert "Q" in message
        assert problem.key not in message


RAW_ANSWERS = st.dictionaries(
    st.sampled_from(["Q", "R", "S", "other"]) | st.text(max_size=5),
    st.lists(
        st.text(max_size=12)
        | st.sampled_from(["rot", "BLAU", "1.50", "31.12.2026", "2026-01-01T10:00Z"])
        | st.decimals(allow_nan=False, allow_infinity=False, places=3).map(str)
        | st.datetimes().map(lambda moment: moment.isoformat()),
        max_size=3,
    ),
)
ATTRIBUTES = st.builds(
    lambda datatype, required, public: a_question(datatype, required=required, public=public),
    st.sampled_from(Datatype),
    st.booleans(),
    st.booleans(),
)


@settings(deadline=None)
@given(st.lists(ATTRIBUTES, max_size=3), RAW_ANSWERS)
def test_what_was_accepted_is_accepted_again_unchanged(
    attributes: list[Attribute], raw: dict[str, list[str]]
) -> None:
    service = asking(
        *(replace(attribute, code=code) for attribute, code in zip(attributes, "QRS", strict=False))
    )
    once = check(service, raw)
    if not once.problems:
        assert check(service, once.public | once.private | once.unknown) == once


@settings(deadline=None)
@given(st.lists(ATTRIBUTES, max_size=3), RAW_ANSWERS)
def test_what_was_accepted_can_be_stored_and_sent(
    attributes: list[Attribute], raw: dict[str, list[str]]
) -> None:
    """Neither JSON in PostgreSQL nor XML takes NUL or half a surrogate pair."""
    service = asking(
        *(replace(attribute, code=code) for attribute, code in zip(attributes, "QRS", strict=False))
    )
    answers = check(service, raw)
    for code, values in (answers.public | answers.private | answers.unknown).items():
        assert values
        for text in (code, *values):
            assert text == text.strip() != ""
            assert "\x00" not in text.encode("utf-8").decode()


@given(
    st.dates(),
    st.times().map(lambda moment: moment.replace(microsecond=0)),
    st.sampled_from(["", "Z", "+05:30", "-11:00"]),
)
def test_each_date_survives_in_both_spellings(day: Any, time: Any, zone: str) -> None:
    """R-125."""
    german = f"{day.day:02}.{day.month:02}.{day.year:04}"
    assert parse_datetime_answer(german) == day.isoformat()
    full = f"{day.isoformat()}T{time.isoformat()}{zone}"
    assert parse_datetime_answer(full) == full
