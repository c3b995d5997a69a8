"""Every text for users exists in every language, with the same gaps; none is left over."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from string import Formatter

import pytest

from open311.base.i18n import LANGUAGES, messages
from open311.model.access.actor import Right

PACKAGE = Path(__file__).parent.parent.parent / "open311"
FAMILIES = "|".join(sorted({key.partition(".")[0] for key in messages("en")}))
KEY = re.compile(rf"({FAMILIES})(\.[a-z0-9_]+)+(?<!\.html)")
# In a template a key stands in quotes; one that ends in a dot, or is followed by a count, begins a family.
IN_TEMPLATE = re.compile(rf"""["']((?:{FAMILIES})(?:\.[a-z0-9_]+)+\.?)["']""")
# Functions whose first argument is a key and whose keywords fill its gaps.
MAKERS = {"problem", "problem_of", "wrong"}
# Which photo it was is known only where all of them are looked at.
FILLED_LATER = {"number"}
# The plural forms of CLDR; a language has those that it needs.
PLURALS = ("zero", "one", "two", "few", "many", "other")


def gaps(text: str) -> set[str]:
    """The names in braces."""
    return {name for _, name, _, _ in Formatter().parse(text) if name}


@cache
def texts_and_calls() -> tuple[set[str], list[ast.Call]]:
    """Every text of every module, and every call that names a message."""
    texts: set[str] = set()
    calls: list[ast.Call] = []
    for file in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                texts.add(node.value)
            elif isinstance(node, ast.Call) and getattr(node.func, "id", "") in MAKERS | {"counted"}:
                calls.append(node)
    return texts, calls


def in_templates() -> Iterator[str]:
    """Every key that a template names."""
    for file in PACKAGE.rglob("templates/**/*.html"):
        for found in IN_TEMPLATE.findall(file.read_text(encoding="utf-8")):
            forms = {found, f"{found}.one", f"{found}.other"}
            known = {
                key for key in messages("en") if key in forms or (found[-1] == "." and key.startswith(found))
            }
            yield from known or {found}


def counted() -> Iterator[str]:
    """The messages in English of each family that is chosen by a number."""
    for call in texts_and_calls()[1]:
        if call.func.id == "counted":
            [key, *_] = call.args
            assert isinstance(key, ast.Constant)
            assert isinstance(key.value, str)
            yield from (f"{key.value}.{form}" for form in PLURALS if f"{key.value}.{form}" in messages("en"))


@cache
def used() -> set[str]:
    """Every text in the code and in templates that looks like a key."""
    found = {text for text in texts_and_calls()[0] if KEY.fullmatch(text)}
    found |= set(in_templates())
    found |= set(counted())
    # The beginning of a key names a family of them.
    families = {key for key in found if any(known.startswith(f"{key}.") for known in messages("en"))}
    return found - (families - set(messages("en")))


def test_german_and_english_are_there() -> None:
    assert set(LANGUAGES) >= {"de", "en"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_key_is_missing_and_none_is_left_over(language: str) -> None:
    assert set(messages(language)) == used()


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_text_is_empty(language: str) -> None:
    assert [key for key, text in messages(language).items() if not text.strip()] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_gaps_are_those_of_english(language: str) -> None:
    texts = messages(language)
    assert {key: gaps(texts[key]) for key in texts} == {
        key: gaps(text) for key, text in messages("en").items()
    }


def test_every_gap_is_filled() -> None:
    unfilled = []
    for call in texts_and_calls()[1]:
        if call.func.id not in MAKERS:
            continue
        key = call.args[0].value if call.args and isinstance(call.args[0], ast.Constant) else None
        given = {keyword.arg for keyword in call.keywords}
        if isinstance(key, str) and None not in given:
            unfilled += [(key, gap) for gap in gaps(messages("en").get(key, "")) - given - FILLED_LATER]
    assert unfilled == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_right_has_words(language: str) -> None:
    assert {f"desk.right.{right.value}" for right in Right} <= {*messages(language)}
