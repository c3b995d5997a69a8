"""Every mail about a report is known one by one, and what is wrong with a mailbox, too."""

from alembic import op

revision = "0028"
down_revision = "0027"


def upgrade() -> None:
    """Mails so far told of an event; columns with constant defaults rewrite no row."""
    op.execute("alter table public.sent_mails alter column event_id drop not null")
    op.execute("""alter table public.sent_mails add column kind text collate "C" not null default 'news'""")
    op.execute("create index sent_mails_failed on public.sent_mails (sent_datetime) where state <> 'sent'")
    op.execute(
        "create index sent_mails_of_address on public.sent_mails (address_digest) where address_digest is not null"
    )
    op.execute("""
        alter table public.mailboxes
            add column problem text,
            add column skipped integer not null default 0,
            add column skipped_since timestamptz
    """)


def downgrade() -> None:
    """Forget the mails that are about no event."""
    op.execute(
        "alter table public.mailboxes drop column problem, drop column skipped, drop column skipped_since"
    )
    op.execute("drop index public.sent_mails_of_address, public.sent_mails_failed")
    op.execute("delete from public.sent_mails where event_id is null")
    op.execute("alter table public.sent_mails drop column kind")
    op.execute("alter table public.sent_mails alter column event_id set not null")
