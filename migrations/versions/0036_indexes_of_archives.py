"""Lists of the desk that had to look through all cases: by urgency, by flag, by person, by time of receipt."""

from open311.storage.database import online

revision = "0036"
down_revision = "0035"

INDEXES = {
    "cases_urgent": """
        public.cases (jurisdiction_id, priority desc, due_datetime, service_request_id) where stage <> 'done'""",
    "cases_flags": "public.cases using gin (flags) where flags <> '{}'",
    "cases_of_person": """
        public.cases (assignee_id, received_datetime desc, service_request_id desc) where assignee_id is not null""",
}
NEWEST = "public.cases (jurisdiction_id, {keys}) include (stage, unit, service_code)"


def upgrade() -> None:
    """The newest are those that came in last; what is imported has a late number and came in long ago."""
    for name, definition in INDEXES.items():
        online.create_index(name, definition)
    online.rebuild_index(
        "cases_newest", NEWEST.format(keys="received_datetime desc, service_request_id desc")
    )


def downgrade() -> None:
    """Newest by number."""
    for name in INDEXES:
        online.drop_index(f"public.{name}")
    online.rebuild_index("cases_newest", NEWEST.format(keys="service_request_id desc"))
