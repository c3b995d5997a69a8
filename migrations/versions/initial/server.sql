-- The server itself: its name, keys, catalogues; reports being written, followers, addresses.

create table instance (id uuid primary key default gen_random_uuid());
insert into instance default values;

create table keys (
    id integer generated always as identity primary key,
    name text not null unique,
    digest text collate "C" not null unique,
    scopes text[] not null,
    created_datetime timestamptz not null,
    revoked_datetime timestamptz
);
create table catalogues (
    jurisdiction_id text collate "C" primary key,
    digest text collate "C" not null,
    changeset timestamptz not null
);
create table services (
    jurisdiction_id text collate "C" not null,
    service_code text collate "C" not null,
    service_name jsonb not null,
    retired_datetime timestamptz,
    primary key (jurisdiction_id, service_code)
);

create table drafts (
    digest text collate "C" primary key,
    jurisdiction_id text collate "C" not null,
    secret text collate "C" not null,
    state jsonb not null,
    service_request_id bigint,
    created_datetime timestamptz not null,
    touched_datetime timestamptz not null
);
create index drafts_touched on drafts (touched_datetime);
create table draft_photos (
    id bigint generated always as identity primary key,
    digest text collate "C" not null references drafts (digest) on delete cascade,
    key text collate "C" not null unique,
    media_type text not null,
    bytes integer not null,
    width integer not null,
    height integer not null,
    sha256 text collate "C" not null,
    constraint draft_photos_once unique (digest, sha256)
);

create table followers (
    id bigint generated always as identity primary key,
    service_request_id bigint not null references service_requests (id) on delete cascade,
    email text not null,
    language text collate "C" not null,
    token text collate "C" not null unique,
    created_datetime timestamptz not null,
    asked_datetime timestamptz not null,
    confirmed_datetime timestamptz,
    constraint followers_once unique (service_request_id, email)
);
create index followers_by_email on followers (email);
create table data_links (
    token text collate "C" primary key,
    jurisdiction_id text collate "C" not null,
    email text not null,
    language text collate "C" not null,
    created_datetime timestamptz not null
);
create index data_links_created on data_links (created_datetime);

create table addresses (
    id bigint generated always as identity primary key,
    jurisdiction_id text collate "C" not null,
    label text not null,
    folded text generated always as (public.open311_fold(label)) stored,
    geom geometry(Point, 4326) not null
);
create index addresses_of_jurisdiction on addresses (jurisdiction_id);
create index addresses_parts_of_words on addresses using gin (folded gin_trgm_ops);
create index addresses_place on addresses using gist (geom);
