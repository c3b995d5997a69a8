"""What is in force of the things that come with a map."""

from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select

from open311.storage.tables import map_versions

_v = map_versions.c


def served(columns: Any, jurisdiction_id: str) -> ColumnElement[bool]:
    """A city's own list; of what came with its maps, only that of the map which is served."""
    # The next map is brought in under a version of its own, and nobody sees it before it is complete.
    version = select(_v.id).where(_v.jurisdiction_id == jurisdiction_id, _v.in_force).scalar_subquery()
    own = columns.version_id.is_(None)
    return and_(columns.jurisdiction_id == jurisdiction_id, or_(own, columns.version_id == version))
