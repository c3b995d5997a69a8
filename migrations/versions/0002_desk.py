"""The ground of the staff desk: a case beside each report, notes, originals, questions, templates; `withheld`."""

from alembic import op

revision = "0002"
down_revision = "0001"

TABLES = """
create table public.cases (
    service_request_id bigint primary key references public.service_requests (id) on delete cascade,
    jurisdiction_id text collate "C" not null,
    service_code text collate "C" not null,
    stage text collate "C" not null,
    revision integer not null default 1,
    unit text collate "C",
    former_units text [] not null default '{}',
    assignee_id bigint,
    priority smallint not null default 0,
    flags text [] not null default '{}',
    areas text [] not null default '{}',
    awaits text [] not null default '{}',
    received_datetime timestamptz not null,
    touched_datetime timestamptz not null,
    checked_datetime timestamptz,
    accepted_datetime timestamptz,
    first_answer_datetime timestamptz,
    check_by timestamptz,
    accept_by timestamptz,
    due_datetime timestamptz,
    resume_date date,
    paused_since timestamptz,
    paused_seconds integer not null default 0,
    declined smallint not null default 0,
    reopened smallint not null default 0,
    constraint stage_is_known check (stage in ('check', 'accept', 'work', 'waiting', 'outside', 'done'))
);
create index cases_stage on public.cases (jurisdiction_id, stage, received_datetime, service_request_id)
    where stage <> 'done';
create index cases_unit on public.cases (jurisdiction_id, unit, priority desc, due_datetime, service_request_id)
    where stage <> 'done';
create index cases_mine on public.cases (assignee_id, due_datetime, service_request_id) where stage <> 'done';
create index cases_due on public.cases (jurisdiction_id, due_datetime, service_request_id) where stage <> 'done';
create index cases_awaits on public.cases (jurisdiction_id, touched_datetime, service_request_id) where awaits <> '{}';
create index cases_resume on public.cases (resume_date) where resume_date is not null;
create index cases_counts on public.cases (jurisdiction_id, stage, unit) include (due_datetime, assignee_id)
    where stage <> 'done';
create index cases_newest on public.cases (jurisdiction_id, service_request_id desc)
    include (stage, unit, service_code);
create index cases_touched on public.cases (jurisdiction_id, touched_datetime desc, service_request_id desc);

create table public.case_notes (
    id bigint generated always as identity primary key,
    service_request_id bigint not null references public.service_requests (id) on delete cascade,
    author text not null,
    text text not null,
    about_person boolean not null default false,
    created_datetime timestamptz not null,
    edited_datetime timestamptz,
    words tsvector generated always as (public.open311_words(text)) stored
);
create index case_notes_of_request on public.case_notes (service_request_id, id);
create index case_notes_words on public.case_notes using gin (words);

create table public.case_originals (
    id bigint generated always as identity primary key,
    service_request_id bigint not null references public.service_requests (id) on delete cascade,
    field text collate "C" not null,
    text text not null,
    replaced_datetime timestamptz not null,
    until_datetime timestamptz
);
create index case_originals_of_request on public.case_originals (service_request_id, id);
create index case_originals_until on public.case_originals (until_datetime) where until_datetime is not null;

create table public.case_questions (
    digest text collate "C" primary key,
    service_request_id bigint not null references public.service_requests (id) on delete cascade,
    event_id bigint not null,
    asked_datetime timestamptz not null,
    ends_datetime timestamptz not null,
    answered_datetime timestamptz
);
create index case_questions_of_request on public.case_questions (service_request_id);

create table public.case_undo (
    service_request_id bigint primary key references public.service_requests (id) on delete cascade,
    actor text not null,
    revision integer not null,
    until_datetime timestamptz not null,
    events bigint [] not null,
    before jsonb not null
);
create index case_undo_until on public.case_undo (until_datetime);

create unlogged table public.case_presence (
    service_request_id bigint primary key references public.service_requests (id) on delete cascade,
    actor text not null,
    until_datetime timestamptz not null
);

create table public.templates (
    id integer generated always as identity primary key,
    jurisdiction_id text collate "C" not null,
    title text not null,
    status text collate "C",
    services text [] not null default '{}',
    unit text collate "C",
    page_text jsonb not null default '{}',
    mail_text jsonb not null default '{}',
    active boolean not null default true,
    version integer not null default 1
);
create index templates_of_jurisdiction on public.templates (jurisdiction_id, title);
"""
COLUMNS = """
alter table public.media
    add column original_key text collate "C" unique,
    add column original_until timestamptz,
    add column boxes jsonb,
    add column suggested jsonb,
    add column dhash bigint,
    add column alt text;
alter table public.followers add column is_reporter boolean not null default false;
alter table public.service_requests drop constraint visibility_is_known;
alter table public.service_requests add constraint visibility_is_known
    check (visibility in ('held', 'published', 'withheld', 'hidden')) not valid;
"""


def upgrade() -> None:
    """What takes long, cases and indexes of the reports that are there, is done beside the others by 0006."""
    op.execute(TABLES)
    op.execute(COLUMNS)


def downgrade() -> None:
    """What is withheld is hidden; redacted photos stay redacted, and their originals are left to be swept."""
    op.execute("""
        alter table public.service_requests drop constraint visibility_is_known;
        update public.service_requests set visibility = 'hidden' where visibility = 'withheld';
        alter table public.service_requests add constraint visibility_is_known
            check (visibility in ('held', 'published', 'hidden'));
        alter table public.followers drop column is_reporter;
        alter table public.media drop column original_key, drop column original_until, drop column boxes,
            drop column suggested, drop column dhash, drop column alt;
        drop table templates, case_presence, case_undo, case_questions, case_originals, case_notes, cases;
    """)
