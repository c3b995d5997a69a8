"""The counts of the desk are read from their index alone: with all deadlines, and whether one is paused."""

from open311.storage.database import online

revision = "0037"
down_revision = "0036"

DEFINITION = "public.cases (jurisdiction_id, stage, unit) include ({columns}) where stage <> 'done'"


def upgrade() -> None:
    """What is late had been looked up case by case."""
    columns = "due_datetime, check_by, accept_by, paused_since"
    online.rebuild_index("cases_counts", DEFINITION.format(columns=columns))


def downgrade() -> None:
    """With one deadline, and the person."""
    online.rebuild_index("cases_counts", DEFINITION.format(columns="due_datetime, assignee_id"))
