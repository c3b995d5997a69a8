"""Words are found by the stems of each jurisdiction's own language."""

from alembic import op

revision = "0013"
down_revision = "0012"

# Servers of the release before go on calling the functions without a language, which stay.
FUNCTIONS = r"""
create function public.open311_words_in(configuration regconfig, words text) returns tsvector
language sql immutable parallel safe strict as $$
    select to_tsvector(configuration, words) || to_tsvector(configuration, public.open311_fold(words))
$$;
create function public.open311_stem_by(dictionary regdictionary, word text) returns text
language sql immutable parallel safe as $$
    select nullif(case when length((ts_lexize(dictionary, word))[1]) > 2
                       then replace((ts_lexize(dictionary, word))[1], '_', '\_') end,
                  public.open311_fold(word))
$$;
create function public.open311_text_search(jurisdiction text) returns regconfig
language sql stable parallel safe as $$
    select ('pg_catalog.' || coalesce(
        (select text_search from public.catalogues where jurisdiction_id = jurisdiction), 'simple'))::regconfig
$$;
create function public.open311_set_words() returns trigger language plpgsql as $$
begin
    new.words := public.open311_words_in(
        public.open311_text_search(new.jurisdiction_id),
        new.description || ' ' || new.address || ' ' || coalesce(new.status_notes, ''));
    return new;
end $$;
create function public.open311_set_note_words() returns trigger language plpgsql as $$
begin
    new.words := public.open311_words_in(
        public.open311_text_search((
            select jurisdiction_id from public.service_requests where id = new.service_request_id)),
        new.text);
    return new;
end $$;
"""
TRIGGERS = """
create trigger service_requests_words before insert or update of description, address, status_notes
    on public.service_requests for each row execute function public.open311_set_words();
create trigger case_notes_words before insert or update of text
    on public.case_notes for each row execute function public.open311_set_note_words();
"""
# They go with the columns, and `downgrade` makes new ones.
INDEXES = """
create index service_requests_words on public.service_requests using gin (
    words, folded gin_trgm_ops, public.open311_tags(service_code, status, requested_datetime, geom)
) where visibility = 'published';
create index service_requests_words_internal on public.service_requests using gin (words)
    where visibility <> 'published';
create index case_notes_words on public.case_notes using gin (words);
"""


def upgrade() -> None:
    """No row is rewritten: what is there was German, and a catalogue of another language has it written anew."""
    op.execute(
        "alter table public.catalogues add column text_search text collate \"C\" not null default 'german'"
    )
    op.execute(FUNCTIONS)
    for table in ("service_requests", "case_notes"):
        op.execute(f"alter table public.{table} alter column words drop expression")
    op.execute(TRIGGERS)


def downgrade() -> None:
    """German for all; both tables are rewritten, and their indexes of words made anew."""
    op.execute("""
        drop trigger service_requests_words on public.service_requests;
        drop trigger case_notes_words on public.case_notes;
        drop function public.open311_set_words, public.open311_set_note_words, public.open311_text_search,
            public.open311_words_in, public.open311_stem_by;
        alter table public.catalogues drop column text_search;
        alter table public.service_requests drop column words;
        alter table public.service_requests add column words tsvector generated always as (
            public.open311_words(description || ' ' || address || ' ' || coalesce(status_notes, ''))) stored;
        alter table public.case_notes drop column words;
        alter table public.case_notes add column words tsvector generated always as (
            public.open311_words(text)) stored;
    """)
    op.execute(INDEXES)
