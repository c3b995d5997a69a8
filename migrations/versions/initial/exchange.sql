-- What goes out to other servers, and what comes from them.

create table stream_readers (
    name text collate "C" primary key,
    source text collate "C" not null,
    xid xid8 not null,
    number bigint not null,
    floor bigint not null default 0
);

create table webhook_subscriptions (
    id integer generated always as identity primary key,
    name text not null unique,
    tag text collate "C" not null,
    jurisdiction_id text collate "C" not null,
    url text not null,
    secret text not null,
    service_codes text[] not null,
    kinds text[] not null,
    state text collate "C" not null,
    reason jsonb,
    failures integer not null default 0,
    created_datetime timestamptz not null,
    failing_since timestamptz,
    retry_datetime timestamptz
);
create table webhook_messages (
    id bigint generated always as identity primary key,
    subscription_id integer not null references webhook_subscriptions (id) on delete cascade,
    event_id bigint not null,
    service_request_id bigint not null,
    kind text collate "C" not null,
    datetime timestamptz not null,
    state text collate "C" not null default 'waiting',
    attempts integer not null default 0,
    due_datetime timestamptz not null,
    constraint webhook_messages_once unique (subscription_id, event_id)
);
create index webhook_messages_waiting on webhook_messages (subscription_id, due_datetime, id)
    where state = 'waiting';
create table webhook_attempts (
    id bigint generated always as identity primary key,
    message_id bigint not null references webhook_messages (id) on delete cascade,
    datetime timestamptz not null,
    status smallint,
    milliseconds integer not null,
    error text
);
create index ix_webhook_attempts_message_id on webhook_attempts (message_id);

create table forwards (
    service_request_id bigint primary key references service_requests (id) on delete cascade,
    url text collate "C" not null,
    state text collate "C" not null,
    client_request_id text collate "C" not null,
    token text collate "C",
    foreign_id text collate "C",
    attempts integer not null default 0,
    error text,
    seen text,
    created_datetime timestamptz not null,
    due_datetime timestamptz not null,
    sent_datetime timestamptz,
    asked_datetime timestamptz
);
create index forwards_by_foreign_id on forwards (foreign_id);
create index forwards_due on forwards (due_datetime) where state in ('waiting', 'sending', 'token');
create index forwards_asked on forwards (url, asked_datetime) where state = 'sent';
create table forwarded_updates (
    service_request_id bigint not null references service_requests (id) on delete cascade,
    foreign_update_id text collate "C" not null,
    primary key (service_request_id, foreign_update_id)
);

create table intakes (
    jurisdiction_id text collate "C" not null,
    source text collate "C" not null,
    kind text collate "C" not null,
    options jsonb not null default '{}',
    catalogue jsonb,
    catalogue_datetime timestamptz,
    state jsonb not null default '{}',
    counts jsonb not null default '{}',
    problem text,
    created_datetime timestamptz not null,
    run_datetime timestamptz,
    primary key (jurisdiction_id, source),
    constraint kind_of_intake_is_known check (kind in ('harvest', 'import'))
);
create table foreign_references (
    jurisdiction_id text collate "C" not null,
    foreign_id text collate "C" not null,
    source text collate "C" not null,
    service_request_id bigint references service_requests (id) on delete set null,
    digest text collate "C" not null,
    gone boolean not null default false,
    copy integer not null default 0,
    primary key (jurisdiction_id, foreign_id, source)
);
create index foreign_references_of_request on foreign_references (service_request_id);
