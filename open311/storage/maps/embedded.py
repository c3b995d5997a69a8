"""A statement as a part of one that is written as text: with parameters of its own, or with columns in their place."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import BindParameter, ClauseElement, bindparam, literal_column
from sqlalchemy.dialects.postgresql.psycopg import PGCompiler_psycopg, PGDialect_psycopg
from sqlalchemy.sql.visitors import replacement_traverse


class _Compiler(PGCompiler_psycopg):
    def render_bind_cast(self, type_: Any, dbapi_type: Any, sqltext: str) -> str:
        """As a function: `text` takes `:name::TYPE` for no parameter."""
        written: str = super().render_bind_cast(type_, dbapi_type, sqltext)  # type: ignore[no-untyped-call]
        kind = written.removeprefix(f"{sqltext}::")
        return f"cast({sqltext} as {kind})"


class _Dialect(PGDialect_psycopg):
    statement_compiler = _Compiler
    supports_statement_cache = True


_DIALECT = _Dialect(paramstyle="named")  # type: ignore[no-untyped-call]


def embedded(
    statement: ClauseElement, prefix: str = "", columns: Mapping[str, str] | None = None
) -> tuple[str, dict[str, Any]]:
    """SQL, and the values that it brings along itself; parameters begin with `prefix`, or are these columns instead."""
    instead = columns or {}

    def replaced(element: Any, **_: Any) -> Any:
        if not isinstance(element, BindParameter):
            return None
        if element.key in instead:
            return literal_column(instead[element.key])
        # A name that SQLAlchemy has given stays one that it makes unique.
        name = f"{prefix}{element._orig_key if element.unique else element.key}"
        kept: dict[str, Any] = {"required": element.required, "unique": element.unique}
        return bindparam(name, element.value, type_=element.type, **kept)

    own_names: Any = replacement_traverse(statement, {}, replaced)
    compiled = own_names.compile(dialect=_DIALECT)
    own = {name: value for name, value in compiled.params.items() if value is not None}
    return str(compiled), own
