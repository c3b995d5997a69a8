"""The trigger makes the words of a report itself: calling functions written in SQL for it cost as much as they do."""

from alembic import op

revision = "0032"
down_revision = "0031"

NOW = """
create or replace function public.open311_set_words() returns trigger language plpgsql as $$
declare
    configuration regconfig := public.open311_text_search(new.jurisdiction_id);
    told text := new.description || ' ' || new.address || ' ' || coalesce(new.status_notes, '');
begin
    new.words := to_tsvector(configuration, told) || to_tsvector(configuration, public.open311_fold(told));
    return new;
end $$;
"""
BEFORE = """
create or replace function public.open311_set_words() returns trigger language plpgsql as $$
begin
    new.words := public.open311_words_in(
        public.open311_text_search(new.jurisdiction_id),
        new.description || ' ' || new.address || ' ' || coalesce(new.status_notes, ''));
    return new;
end $$;
"""


def upgrade() -> None:
    """The words stay what they were."""
    op.execute(NOW)


def downgrade() -> None:
    """By way of the function that searches use."""
    op.execute(BEFORE)
