"""The questions of a service as fields of a form: which are asked, and what has been answered."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from open311.model.catalogue import Attribute, Datatype, Service
from open311.site.words import plain_number

Answers = Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class Question:
    """A question as the page shows it; one that is not asked is there, but hidden, for scripts to show."""

    attribute: Attribute
    given: Sequence[str]
    asked: bool
    error: str = ""

    @property
    def id(self) -> str:
        return field_id(self.attribute.code)

    @property
    def name(self) -> str:
        """The name of its field, as the API has it."""
        return f"attribute[{self.attribute.code}]"

    @property
    def kind(self) -> str:
        if not self.attribute.variable:
            return "information"
        lists = {Datatype.SINGLEVALUELIST: "radio", Datatype.MULTIVALUELIST: "checkbox"}
        plain = {Datatype.TEXT: "textarea", Datatype.NUMBER: "number", Datatype.DATETIME: "date"}
        return (lists | plain).get(self.attribute.datatype, "text")

    @property
    def condition(self) -> str:
        """When it is asked, for scripts: a name and values, as JSON; empty for always."""
        only_if = self.attribute.only_if
        if only_if is None:
            return ""
        return json.dumps([f"attribute[{only_if.code}]", sorted(only_if.values)], ensure_ascii=False)


def field_id(code: str) -> str:
    return f"attribute-{code}"


def asked_codes(service: Service, answers: Answers) -> list[str]:
    """The codes that are asked, given these answers."""
    # In the order of the catalogue, where a question depends on earlier ones alone.
    codes: list[str] = []
    for attribute in service.attributes:
        only_if = attribute.only_if
        answered = answers.get(only_if.code, ()) if only_if and only_if.code in codes else ()
        if only_if is None or not only_if.values.isdisjoint(answered):
            codes.append(attribute.code)
    return codes


def asked_answers(service: Service, answers: Answers) -> dict[str, list[str]]:
    """The answers that count, those to questions that are asked; numbers as programs write them."""
    codes = asked_codes(service, answers)
    numbers = {attribute.code for attribute in service.attributes if attribute.datatype is Datatype.NUMBER}
    return {
        code: [plain_number(value) for value in values] if code in numbers else list(values)
        for code, values in answers.items()
        if code in codes
    }


def questions(service: Service, answers: Answers, errors: Mapping[str, str]) -> list[Question]:
    codes = asked_codes(service, answers)
    return [
        Question(
            attribute,
            answers.get(attribute.code, ()),
            attribute.code in codes,
            errors.get(field_id(attribute.code), ""),
        )
        for attribute in service.attributes
    ]


def fingerprint(service: Service) -> str:
    """What changes when a service begins to ask something else, or is called something else."""
    parts = [
        [
            attribute.code,
            attribute.datatype,
            attribute.required,
            attribute.variable,
            [value.key for value in attribute.values],
            dict(attribute.description.by_language),
            [attribute.only_if.code, sorted(attribute.only_if.values)] if attribute.only_if else None,
        ]
        for attribute in service.attributes
    ]
    whole = [dict(service.service_name.by_language), dict(service.stop_text.by_language), parts]
    return hashlib.sha256(json.dumps(whole, sort_keys=True).encode()).hexdigest()[:16]
