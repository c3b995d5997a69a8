"""Reports are found by the number of a thing, which is an answer."""

from open311.storage.database import online

revision = "0027"
down_revision = "0026"

NAME = "service_requests_answers"
DEFINITION = """
public.service_requests using gin (attributes jsonb_path_ops) where visibility = 'published' and attributes <> '{}'
"""


def upgrade() -> None:
    """Beside whoever reports meanwhile."""
    online.create_index(NAME, DEFINITION)


def downgrade() -> None:
    """Without it only their own words find reports."""
    online.drop_index(f"public.{NAME}")
