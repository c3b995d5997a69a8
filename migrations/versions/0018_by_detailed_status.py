"""Reports in one detailed status are found however few they are, newest first."""

from alembic import op

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    """Until now the list was walked until enough of them had come by. Whoever built the index before has it."""
    op.execute("""
        create index if not exists service_requests_by_detailed_status
            on service_requests (jurisdiction_id, detailed_status, requested_datetime desc, id desc)
            include (version) where visibility = 'published'
    """)


def downgrade() -> None:
    """The list is walked again."""
    op.execute("drop index service_requests_by_detailed_status")
