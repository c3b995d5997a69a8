"""Mail that comes in, whom mails of ours went to, and senders who are held back."""

from alembic import op

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    """Nothing is there yet. Whom mails went to that left before, nobody knows: answers to them wait for staff."""
    op.execute("""
        create table public.mailboxes (
            name text collate "C" primary key,
            uidvalidity bigint not null,
            uid bigint not null,
            read_datetime timestamptz,
            failing_since timestamptz
        );
        create table public.inbox (
            id bigint generated always as identity primary key,
            jurisdiction_id text collate "C" not null,
            digest text collate "C" not null,
            state text collate "C" not null,
            received_datetime timestamptz not null,
            decided_datetime timestamptz,
            from_address text not null default '',
            from_name text not null default '',
            subject text not null default '',
            text text not null default '',
            rest text not null default '',
            left_out text[] not null default '{}',
            problem text collate "C",
            about_id bigint references public.service_requests (id) on delete set null,
            service_request_id bigint references public.service_requests (id) on delete set null,
            constraint state_of_mail_is_known
                check (state in ('new', 'linked', 'reported', 'automatic', 'spam')),
            constraint inbox_once unique (jurisdiction_id, digest)
        );
        create index inbox_in_order on public.inbox (jurisdiction_id, state, id);
        create index inbox_of_request on public.inbox (service_request_id);
        create index inbox_about on public.inbox (about_id);
        create index inbox_by_sender on public.inbox (lower(from_address));
        create table public.inbox_photos (
            id bigint generated always as identity primary key,
            inbox_id bigint not null references public.inbox (id) on delete cascade,
            key text collate "C" not null unique,
            media_type text collate "C" not null,
            bytes integer not null,
            width integer not null,
            height integer not null,
            sha256 text collate "C" not null
        );
        create index inbox_photos_of_mail on public.inbox_photos (inbox_id);
        create table public.blocked_senders (
            id integer generated always as identity primary key,
            jurisdiction_id text collate "C" not null,
            kind text collate "C" not null,
            pattern text collate "C" not null,
            reason text not null,
            actor text not null,
            created_datetime timestamptz not null,
            ends_datetime timestamptz not null,
            constraint kind_of_sender_is_known check (kind in ('email', 'domain', 'phone')),
            constraint blocked_senders_once unique (jurisdiction_id, kind, pattern)
        );
        alter table public.sent_mails add column address_digest text collate "C";
        alter table public.sent_mails add column token_digest text collate "C" unique
    """)


def downgrade() -> None:
    """All of it goes."""
    op.execute("alter table public.sent_mails drop column address_digest, drop column token_digest")
    op.execute("drop table public.blocked_senders, public.inbox_photos, public.inbox, public.mailboxes")
