"""Messages in the forms that a language needs."""

import pytest

from open311.base import i18n


@pytest.mark.parametrize(("number", "form"), [(1, "one"), (2, "few"), (5, "many"), (22, "few")])
def test_plural_forms_are_those_of_the_language(
    number: int, form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """E19: Polish has four of them."""
    polish = {f"reports.{name}": name for name in ("one", "few", "many", "other")}
    monkeypatch.setattr(i18n, "messages", lambda language: polish if language == "pl" else {})
    assert i18n.plural_key("reports", number, "pl") == f"reports.{form}"


@pytest.mark.parametrize(
    ("language", "number", "form"), [("de", 1, "one"), ("de", 0, "other"), ("xx", 1, "one")]
)
def test_a_language_without_messages_counts_in_english(language: str, number: int, form: str) -> None:
    assert i18n.plural_key("page.list.count", number, language) == f"page.list.count.{form}"


@pytest.mark.parametrize(
    ("languages", "known"), [(["fr", "de"], "de"), (["fr"], "en"), (["de-AT", "en"], "de"), ([], "en")]
)
def test_the_first_language_that_has_messages_is_spoken(languages: list[str], known: str) -> None:
    assert i18n.first_known(languages) == known
