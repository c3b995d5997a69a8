"""What all tables share."""

from sqlalchemy import Column, DateTime, ForeignKey, MetaData, Text, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import UserDefinedType

metadata = MetaData()


class Xid8(UserDefinedType[int]):
    """The 64-bit transaction id of PostgreSQL."""

    cache_ok = True

    def get_col_spec(self, **_: object) -> str:
        return "xid8"


def moment(name: str, *, nullable: bool = False) -> "Column[object]":
    return Column(name, DateTime(timezone=True), nullable=nullable)


def request_id(*, primary: bool = False) -> "Column[int]":
    """The request that a row belongs to, and is erased with."""
    return Column(
        "service_request_id",
        ForeignKey("service_requests.id", ondelete="CASCADE"),
        primary_key=primary,
        nullable=False,
    )


def text_array(name: str) -> "Column[list[str]]":
    return Column(name, ARRAY(Text), nullable=False, server_default=text("'{}'"))
