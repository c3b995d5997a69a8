"""Photos."""

from alembic import op

revision = "0004"
down_revision = "0003"

UP = """
alter table service_requests add column photos text[] not null default '{}';
create table media (
    id bigint generated always as identity primary key,
    service_request_id bigint not null references service_requests (id) on delete cascade,
    position integer not null,
    visibility text collate "C" not null,
    key text collate "C" not null unique,
    media_type text not null,
    bytes integer not null,
    width integer not null,
    height integer not null,
    sha256 text collate "C" not null,
    thumb_key text collate "C" unique,
    created_datetime timestamptz not null,
    constraint media_visibility_is_known check (visibility in ('held', 'public', 'internal')),
    constraint media_position unique (service_request_id, position)
);
"""

DOWN = """
drop table media;
alter table service_requests drop column photos;
"""


def upgrade() -> None:
    """A table for photos, and their paths beside each request, so that a list needs no join."""
    op.execute(UP)


def downgrade() -> None:
    """Which photo belongs to which request is lost; the files stay in the store."""
    op.execute(DOWN)
