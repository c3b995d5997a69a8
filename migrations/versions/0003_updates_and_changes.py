"""Updates from outside, the change feed, duplicates."""

from alembic import op

revision = "0003"
down_revision = "0002"

UP = """
alter table service_requests add column parent_id bigint;
alter table events
    add column in_feed boolean not null default false,
    add column is_update boolean not null default false,
    add column claim_id bigint;
update events as event set
    is_update = kind in ('published', 'status_changed'),
    in_feed = public or kind = 'hidden' and exists (
        select from events as earlier
        where earlier.service_request_id = event.service_request_id and earlier.id < event.id and earlier.public
    );
create index events_feed on events (jurisdiction_id, xid, id) where in_feed;
create index events_updates on events (jurisdiction_id, datetime, (coalesce(claim_id, id)))
    where is_update and public;
create index events_claimed on events (jurisdiction_id, id) where kind = 'claimed';

create table updates (
    event_id bigint primary key,
    service_request_id bigint not null,
    key_id integer not null,
    jurisdiction_id text collate "C" not null,
    sender_update_id text collate "C" not null,
    constraint updates_of_sender unique (key_id, jurisdiction_id, sender_update_id)
);
create table updaters (
    event_id bigint primary key references updates (event_id) on delete cascade,
    service_request_id bigint not null references service_requests (id) on delete cascade,
    email text,
    phone text,
    first_name text,
    last_name text,
    device_id text,
    account_id text
);
create index ix_updaters_service_request_id on updaters (service_request_id);
create table instance (id uuid primary key default gen_random_uuid());
insert into instance default values;
"""

DOWN = """
drop table instance, updaters, updates;
drop index events_claimed;
alter table events drop column in_feed, drop column is_update, drop column claim_id;
alter table service_requests drop column parent_id;
"""


def upgrade() -> None:
    """Events say whether replicas are told of them and whether they are updates; so do those already written."""
    op.execute(UP)


def downgrade() -> None:
    """Claims, who sent them and which requests are duplicates are lost."""
    op.execute(DOWN)
