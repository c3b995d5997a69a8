"""What all tables share."""

from sqlalchemy import (
    Column,
    DateTime,
    MetaData,
)
from sqlalchemy.types import UserDefinedType

metadata = MetaData()


class Xid8(UserDefinedType[int]):
    """The 64-bit transaction id of PostgreSQL."""

    cache_ok = True

    def get_col_spec(self, **_: object) -> str:
        return "xid8"


def moment(name: str, *, nullable: bool = False) -> "Column[object]":
    return Column(name, DateTime(timezone=True), nullable=nullable)
