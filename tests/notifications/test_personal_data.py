"""The record of personal data: no column of any table is missing in it, none is there twice."""

from collections import Counter

import pytest
from sqlalchemy import Connection, text

from open311 import settings
from open311.base.i18n import LANGUAGES, translate
from open311.notifications.privacy.personal_data import PERSONAL, Term, judged, term_in_words

# What PostGIS and Alembic bring along.
NOT_OURS = ("alembic_version", "spatial_ref_sys", "geometry_columns", "geography_columns")


def test_every_column_is_judged_once(conn: Connection) -> None:
    rows = conn.execute(
        text("select table_name, column_name from information_schema.columns where table_schema = 'public'")
    )
    real = {(row.table_name, row.column_name) for row in rows if row.table_name not in NOT_OURS}
    found = Counter(judged())
    assert sorted(real - set(found)) == [], "say in personal_data.py whether these are personal"
    assert sorted(set(found) - real) == [], "these are gone"
    assert [place for place, times in found.items() if times > 1] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_kind_is_explained_to_its_readers(language: str) -> None:
    for kind in PERSONAL:
        for key in (kind.what, kind.why):
            assert translate(key, language) != key


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("term", Term)
def test_each_term_names_the_days_of_the_settings(term: Term, language: str) -> None:
    chosen = settings.load({"OPEN311_RETENTION_DAYS": "77", "OPEN311_RETENTION_OPEN_DAYS": "888"})
    told = term_in_words(term, language, chosen)
    assert "privacy." not in told
    assert ("77" in told) == (term in (Term.OVER, Term.FOLLOWED))
    assert ("888" in told) == (term is Term.OVER)


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_kept_without_end_is_told(language: str) -> None:
    chosen = settings.load({"OPEN311_RETENTION_DAYS": "0", "OPEN311_RETENTION_OPEN_DAYS": "0"})
    assert term_in_words(Term.OVER, language, chosen) == translate("privacy.term.kept", language)
