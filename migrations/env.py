"""Run by Alembic: `open311 db upgrade` hands in the connection."""

from alembic import context

from open311.storage.database.migrate import REVISION_TABLE
from open311.storage.tables import metadata

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=metadata,
    # So that a migration may commit in between (storage/database/online.py), and one that failed is tried again alone.
    transaction_per_migration=True,
    version_table=REVISION_TABLE,
)
with context.begin_transaction():
    context.run_migrations()
