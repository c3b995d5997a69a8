"""In which language the words of a report are read: a function that is planned once a session, not for each report."""

from alembic import op

revision = "0034"
down_revision = "0033"

NOW = """
create or replace function public.open311_text_search(jurisdiction text) returns regconfig
language plpgsql stable parallel safe as $$
declare
    configuration regconfig;
begin
    select 'pg_catalog.' || text_search into configuration
    from public.catalogues where jurisdiction_id = jurisdiction;
    return coalesce(configuration, 'pg_catalog.simple');
end $$;
"""
BEFORE = """
create or replace function public.open311_text_search(jurisdiction text) returns regconfig
language sql stable parallel safe as $$
    select ('pg_catalog.' || coalesce(
        (select text_search from public.catalogues where jurisdiction_id = jurisdiction), 'simple'))::regconfig
$$;
"""


def upgrade() -> None:
    """It says the same as before."""
    op.execute(NOW)


def downgrade() -> None:
    """By a statement alone, which PostgreSQL plans at each call."""
    op.execute(BEFORE)
