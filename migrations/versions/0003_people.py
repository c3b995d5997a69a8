"""Links of mails by their digests, mails that strangers ask for counted, drafts counted by network."""

from alembic import op

revision = "0003"
down_revision = "0002"

UP = """
alter table public.drafts add column network text collate "C" not null default '';
create index drafts_of_network on public.drafts (network, created_datetime);

alter table public.instance add column secret text collate "C" not null
    default gen_random_uuid()::text || gen_random_uuid()::text;

drop table public.data_links;
-- Servers of 0.1.0, which run on while this release comes, write and read it; what was sent opens nothing any more.
update public.followers set token = gen_random_uuid()::text;
alter table public.followers alter column token set default gen_random_uuid()::text;
create table public.mail_links (
    id bigint generated always as identity primary key,
    digest text collate "C" unique,
    purpose text collate "C" not null,
    jurisdiction_id text collate "C" not null,
    language text collate "C" not null,
    email text,
    follower_id bigint references public.followers (id) on delete cascade,
    created_datetime timestamptz not null,
    expires_datetime timestamptz not null,
    constraint mail_link_belongs_to_one check ((email is null) <> (follower_id is null))
);
create index mail_links_expire on public.mail_links (expires_datetime);
create index mail_links_of_follower on public.mail_links (follower_id);
create index mail_links_of_mailbox on public.mail_links (lower(email)) where email is not null;

create table public.mail_requests (
    id bigint generated always as identity primary key,
    mailbox text collate "C" not null,
    network text collate "C" not null,
    origin text collate "C" not null,
    purpose text collate "C" not null,
    datetime timestamptz not null
);
create index mail_requests_to_mailbox on public.mail_requests (mailbox, datetime);
create index mail_requests_of_network on public.mail_requests (network, datetime);
create index mail_requests_of_origin on public.mail_requests (origin, datetime);
create index mail_requests_lately on public.mail_requests (datetime);
"""

DOWN = """
drop table public.mail_requests, public.mail_links;
alter table public.followers alter column token drop default;
create table public.data_links (
    token text collate "C" primary key,
    jurisdiction_id text collate "C" not null,
    email text not null,
    language text collate "C" not null,
    created_datetime timestamptz not null
);
create index data_links_created on public.data_links (created_datetime);
alter table public.instance drop column secret;
alter table public.drafts drop column network;
"""


def upgrade() -> None:
    """Links in mails that were sent before lead nowhere: their clear text was kept, which was the fault."""
    op.execute(UP)


def downgrade() -> None:
    """Links in mails lead nowhere."""
    op.execute(DOWN)
