"""Retention finds what it has to take out of events without reading all of them."""

from open311.storage.database import online

revision = "0038"
down_revision = "0037"

KINDS = """
    answered
    asked
    assigned
    claimed
    deadline_changed
    declined
    field_reported
    hidden
    objected
    objection_decided
    order_accepted
    order_answered
    order_asked
    order_confirmed
    order_declined
    order_done
    order_expired
    order_returned
    order_revoked
    order_sent
    rated
    reply_received
    withheld
"""


def upgrade() -> None:
    """It is looked for each night, and events are the largest table there is."""
    kinds = ", ".join(f"'{kind}'" for kind in KINDS.split())
    online.create_index(
        "events_with_texts", f"public.events (service_request_id) where kind = any(array[{kinds}])"
    )


def downgrade() -> None:
    """Events were read one by one."""
    online.drop_index("public.events_with_texts")
