"""Whether the database really holds what its revision says: a restore can break off, an index can be left invalid."""

from dataclasses import dataclass

from sqlalchemy import (
    Connection,
    Constraint,
    ForeignKeyConstraint,
    PrimaryKeyConstraint,
    Text,
    UniqueConstraint,
    bindparam,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY

from open311.base.errors import ConfigurationError
from open311.storage.database import migrate
from open311.storage.tables import metadata

# What `metadata` does not know of: our functions in the database, and the entrances of the queue.
FUNCTIONS = (
    "open311_blocks",
    "open311_cell",
    "open311_cells",
    "open311_column",
    "open311_day",
    "open311_erased",
    "open311_fold",
    "open311_map_delete",
    "open311_map_insert",
    "open311_map_update",
    "open311_place_tags",
    "open311_row",
    "open311_set_note_words",
    "open311_set_words",
    "open311_stem",
    "open311_stem_by",
    "open311_tags",
    "open311_text_search",
    "open311_words",
    "open311_words_in",
)
QUEUE_FUNCTIONS = (
    "procrastinate_defer_jobs_v1",
    "procrastinate_fetch_job_v2",
    "procrastinate_finish_job_v1",
)
QUEUE_TABLES = (
    "procrastinate_events",
    "procrastinate_jobs",
    "procrastinate_periodic_defers",
    "procrastinate_workers",
)
TRIGGERS = (
    "case_notes.case_notes_words",
    "followers.followers_erased",
    "reporters.reporters_erased",
    "service_requests.map_delete",
    "service_requests.map_insert",
    "service_requests.map_update",
    "service_requests.service_requests_erased",
    "service_requests.service_requests_words",
    "updaters.updaters_erased",
)
KINDS = ("tables", "columns", "functions", "triggers", "constraints", "indexes")
REMEDY = (
    "restore a whole backup into an empty database (docs/backup.md); for an index alone, "
    "`reindex index concurrently` if it is invalid, else its statement in migrations/versions"
)

# Names without a schema: what counts is what the queries of this release would find.
_LACKING = text("""
    with parts as (
        select kind, name, split_part(name, '.', 1) as owner, split_part(name, '.', 2) as part
        from (values ('column', :columns), ('trigger', :triggers), ('constraint', :constraints),
                     ('index', :indexes)) as lists (kind, names),
             unnest(names) as name
    )
    select 'table', name from unnest(:tables) as name where to_regclass(name) is null
    union all
    select 'function', name from unnest(:functions) as name
    where not exists (select from pg_proc where proname = name and pg_function_is_visible(oid))
    union all
    select kind, case when kind = 'index' and to_regclass(part) is not null then name || ' (invalid)' else name end
    from parts where to_regclass(owner) is not null and not case kind
        when 'column' then exists (
            select from pg_attribute where attrelid = to_regclass(owner) and attname = part and not attisdropped)
        when 'trigger' then exists (
            select from pg_trigger where tgrelid = to_regclass(owner) and tgname = part and tgenabled <> 'D')
        when 'index' then exists (
            select from pg_index where indrelid = to_regclass(owner) and indexrelid = to_regclass(part) and indisvalid)
        else exists (
            select from pg_constraint where conrelid = to_regclass(owner) and conname = part and convalidated)
    end
""").bindparams(*(bindparam(kind, type_=ARRAY(Text)) for kind in KINDS))


@dataclass(frozen=True, slots=True)
class SchemaState:
    """What is there. `objects` are lacking tables, columns, functions, triggers and constraints."""

    revision: str | None
    advice: str | None
    objects: tuple[str, ...]
    indexes: tuple[str, ...]

    @property
    def problems(self) -> list[str]:
        """In words, for the operator; empty when all is as this release expects."""
        problems = [self.advice] if self.advice else []
        lacking = (*self.objects, *self.indexes)
        # What an older one lacks may be what the upgrade brings: nobody should restore a backup for it.
        is_older = self.revision in (None, migrate.BEFORE_FIRST_RELEASE) or self.revision < migrate.expected()
        if lacking and not is_older:
            problems.append(f"the database lacks {', '.join(lacking)}; {REMEDY}")
        return problems

    @property
    def is_usable(self) -> bool:
        """Whether this release can answer with it.

        A newer database will do as long as no object is missing, so that old and new servers run side by side during
        an update; its indexes are then the affair of the newer release.
        """
        if self.objects or self.revision is None or self.revision < migrate.expected():
            return False
        return not self.indexes or self.advice is not None


def state(conn: Connection) -> SchemaState:
    """Look at the database; takes a few milliseconds."""
    revision = migrate.revision_of(conn)
    lacking = [(kind, f"{kind} {name}") for kind, name in conn.execute(_LACKING, _expected())]
    return SchemaState(
        revision,
        migrate.advice(revision),
        tuple(sorted(name for kind, name in lacking if kind != "index")),
        tuple(sorted(name for kind, name in lacking if kind == "index")),
    )


def require_usable(url: str) -> None:
    """Raise `ConfigurationError` unless this release can work with the database."""
    with migrate.connected(url) as conn:
        schema_state = state(conn)
    if not schema_state.is_usable:
        raise ConfigurationError("; ".join(schema_state.problems))


def require_current(url: str) -> str:
    """Raise `ConfigurationError` unless the database is exactly as this release expects; its revision."""
    with migrate.connected(url) as conn:
        schema_state = state(conn)
    if schema_state.problems:
        raise ConfigurationError("; ".join(schema_state.problems))
    return str(schema_state.revision)


def _expected() -> dict[str, list[str]]:
    tables = list(metadata.tables.values())
    constraints = [(table.name, constraint) for table in tables for constraint in table.constraints]
    return {
        "tables": [*(table.name for table in tables), *QUEUE_TABLES],
        "columns": [f"{table.name}.{column.name}" for table in tables for column in table.columns],
        "functions": [*FUNCTIONS, *QUEUE_FUNCTIONS],
        "triggers": list(TRIGGERS),
        "constraints": [f"{table}.{_name(table, constraint)}" for table, constraint in constraints],
        "indexes": [f"{table.name}.{index.name}" for table in tables for index in table.indexes],
    }


def _name(table: str, constraint: Constraint) -> str:
    """As PostgreSQL names what has no name of its own."""
    if constraint.name:
        return str(constraint.name)
    if isinstance(constraint, PrimaryKeyConstraint):
        return f"{table}_pkey"
    assert isinstance(constraint, ForeignKeyConstraint | UniqueConstraint)
    kind = "fkey" if isinstance(constraint, ForeignKeyConstraint) else "key"
    return f"{table}_{'_'.join(column.name for column in constraint.columns)}_{kind}"
