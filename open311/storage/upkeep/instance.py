"""What this database knows of itself."""

from sqlalchemy import Connection, select

from open311.storage.tables import instance


def secret(conn: Connection) -> str:
    """What signs the forms that stand alone; it never leaves the server."""
    return str(conn.execute(select(instance.c.secret)).scalar_one())
