"""What is asked beside a service or a detailed status is in their indexes, which then answer alone."""

from open311.storage.database import online

revision = "0035"
down_revision = "0034"

# Name, its column, and what it had and has beside the version.
INDEXES = (
    (
        "service_requests_by_service",
        "service_code",
        "status",
        "status, detailed_status, updated_datetime, geom",
    ),
    (
        "service_requests_by_detailed_status",
        "detailed_status",
        None,
        "updated_datetime, geom",
    ),
)
DEFINITION = """
public.service_requests (jurisdiction_id, {column}, requested_datetime desc, id desc) include ({columns})
where visibility = 'published'
"""


def upgrade() -> None:
    """Beside whoever reads and reports meanwhile."""
    for name, column, _, columns in INDEXES:
        online.rebuild_index(name, _definition(column, columns))


def downgrade() -> None:
    """They are smaller, and rows have to be read again."""
    for name, column, columns, _ in INDEXES:
        online.rebuild_index(name, _definition(column, columns))


def _definition(column: str, columns: str | None) -> str:
    return DEFINITION.format(column=column, columns=", ".join(filter(None, ("version", columns))))
