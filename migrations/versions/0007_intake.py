"""Requests from elsewhere, and the ids they have there."""

from alembic import op

revision = "0007"
down_revision = "0006"

UP = """
create table intakes (
    jurisdiction_id text collate "C" not null,
    source text collate "C" not null,
    kind text collate "C" not null,
    options jsonb not null default '{}',
    catalogue jsonb,
    catalogue_datetime timestamptz,
    state jsonb not null default '{}',
    counts jsonb not null default '{}',
    problem text,
    created_datetime timestamptz not null,
    run_datetime timestamptz,
    primary key (jurisdiction_id, source),
    constraint kind_of_intake_is_known check (kind in ('harvest', 'import'))
);
create table foreign_references (
    jurisdiction_id text collate "C" not null,
    foreign_id text collate "C" not null,
    source text collate "C" not null,
    service_request_id bigint references service_requests (id) on delete set null,
    digest text collate "C" not null,
    gone boolean not null default false,
    primary key (jurisdiction_id, foreign_id, source)
);
create index foreign_references_of_request on foreign_references (service_request_id);
"""

DOWN = """
drop table foreign_references;
drop table intakes;
"""


def upgrade() -> None:
    """Tables for sources, and for references to them."""
    op.execute(UP)


def downgrade() -> None:
    """Requests stay; which id they had elsewhere is lost."""
    op.execute(DOWN)
