"""Open cases in the order in which they were touched last, the longest untouched first."""

from open311.storage.database import online

revision = "0040"
down_revision = "0039"


def upgrade() -> None:
    """What has lain for longest is looked for among what is open alone."""
    online.create_index(
        "cases_dormant",
        "public.cases (jurisdiction_id, touched_datetime, service_request_id) where stage <> 'done'",
    )


def downgrade() -> None:
    """The list in this order sorts all that is open."""
    online.drop_index("public.cases_dormant")
