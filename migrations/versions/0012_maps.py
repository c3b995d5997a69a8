"""The city's own map: what is drawn, and the addresses and things with numbers that come with it."""

from alembic import op

from open311.storage.database import online

revision = "0012"
down_revision = "0011"

LEVELS = (10, 12, 14, 16)


def upgrade() -> None:
    """Addresses that are there are the city's own list; they need no row rewritten."""
    op.execute("""
        create table public.map_versions (
            id bigint generated always as identity primary key,
            jurisdiction_id text collate "C" not null,
            sources jsonb not null,
            in_force boolean not null,
            touched_datetime timestamptz not null
        );
        create unique index map_versions_in_force on public.map_versions (jurisdiction_id) where in_force;
        create table public.map_features (
            id bigint generated always as identity primary key,
            version_id bigint not null references public.map_versions (id) on delete cascade,
            subject text collate "C" not null,
            layer text collate "C" not null,
            kind text collate "C" not null,
            name text,
            level smallint not null,
            from_level smallint not null,
            geom public.geometry(Geometry, 3857) not null
        );
        create index map_features_of_version on public.map_features (version_id);
        create table public.assets (
            id bigint generated always as identity primary key,
            jurisdiction_id text collate "C" not null,
            kind text collate "C" not null,
            number text not null,
            folded text generated always as (public.open311_fold(number)) stored,
            geom public.geometry(Point, 4326) not null,
            version_id bigint references public.map_versions (id) on delete cascade
        );
        create index assets_by_number on public.assets (jurisdiction_id, folded);
        create index assets_place on public.assets using gist (geom);
        create index assets_of_version on public.assets (version_id);
        alter table public.addresses
            add column kind text collate "C" not null default 'house',
            add column version_id bigint references public.map_versions (id) on delete cascade;
    """)
    for level in LEVELS:
        op.execute(
            f"create index map_features_{level} on public.map_features using gist (geom) where level = {level}"
        )
    online.create_index("addresses_of_version", "public.addresses (version_id)")


def downgrade() -> None:
    """Back to the city's own list alone."""
    online.drop_index("public.addresses_of_version")
    op.execute("""
        delete from public.addresses where version_id is not null;
        alter table public.addresses drop column version_id, drop column kind;
        drop table public.assets, public.map_features, public.map_versions;
    """)
