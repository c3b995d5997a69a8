"""Values as COPY hands them over: what is stored is what was meant, whatever stands in it."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, text

from open311.storage.requests.copy_ids import array_text, json_text

# What PostgreSQL can hold as a text; signs that mean something in an array or in JSON come often.
TEXTS = st.text(
    st.characters(exclude_characters="\0", exclude_categories=["Cs"]) | st.sampled_from('"\\{},\n ')
)


one_database = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@one_database
@given(values=st.lists(TEXTS))
def test_texts_of_an_array(conn: Connection, values: list[str]) -> None:
    stored = conn.execute(text("select cast(:values as text[])"), {"values": array_text(values)})
    assert stored.scalar_one() == values


@one_database
@given(value=st.dictionaries(TEXTS, TEXTS | st.lists(TEXTS) | st.booleans() | st.none()))
def test_members_of_an_object(conn: Connection, value: dict[str, object]) -> None:
    stored = conn.execute(text("select cast(:value as jsonb)"), {"value": json_text(value)})
    assert stored.scalar_one() == value
