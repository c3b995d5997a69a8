-- The counts behind the map. Sums of places are kept beside them as whole numbers of 1e-7 degrees, so that adding them
-- up loses nothing.

create table map_cells (
    jurisdiction_id text collate "C" not null,
    level smallint not null,
    x integer not null,
    y integer not null,
    service_code text collate "C" not null,
    status text collate "C" not null,
    detailed_status text collate "C" not null,
    count bigint not null,
    sum_lat bigint not null,
    sum_long bigint not null,
    primary key (jurisdiction_id, level, x, y, service_code, status, detailed_status)
) with (fillfactor = 85);
create table map_changes (
    id bigint generated always as identity primary key,
    jurisdiction_id text collate "C" not null,
    x integer not null,
    y integer not null,
    service_code text collate "C" not null,
    status text collate "C" not null,
    detailed_status text collate "C" not null,
    count bigint not null,
    sum_lat bigint not null,
    sum_long bigint not null
);

-- Writers only append, so that two reports in one street never wait for each other; the worker adds up. A statement
-- names the rows before or after it only where it has them, hence three functions.
create function public.open311_map_insert() returns trigger language plpgsql as $$
begin
    insert into public.map_changes (jurisdiction_id, x, y, service_code, status, detailed_status, count, sum_lat, sum_long)
    select jurisdiction_id, public.open311_column(postgis.st_x(geom), 18), public.open311_row(postgis.st_y(geom), 18),
           service_code, status, detailed_status, count(*),
           sum(round(postgis.st_y(geom) * 1e7))::bigint, sum(round(postgis.st_x(geom) * 1e7))::bigint
    from after
    where visibility = 'published' and abs(postgis.st_y(geom)) < 85.051128
    group by jurisdiction_id, 2, 3, service_code, status, detailed_status;
    return null;
end $$;
create function public.open311_map_delete() returns trigger language plpgsql as $$
begin
    insert into public.map_changes (jurisdiction_id, x, y, service_code, status, detailed_status, count, sum_lat, sum_long)
    select jurisdiction_id, public.open311_column(postgis.st_x(geom), 18), public.open311_row(postgis.st_y(geom), 18),
           service_code, status, detailed_status, -count(*),
           -sum(round(postgis.st_y(geom) * 1e7))::bigint, -sum(round(postgis.st_x(geom) * 1e7))::bigint
    from before
    where visibility = 'published' and abs(postgis.st_y(geom)) < 85.051128
    group by jurisdiction_id, 2, 3, service_code, status, detailed_status;
    return null;
end $$;
create function public.open311_map_update() returns trigger language plpgsql as $$
begin
    insert into public.map_changes (jurisdiction_id, x, y, service_code, status, detailed_status, count, sum_lat, sum_long)
    select jurisdiction_id, public.open311_column(postgis.st_x(geom), 18), public.open311_row(postgis.st_y(geom), 18),
           service_code, status, detailed_status, sum(sign),
           sum(sign * round(postgis.st_y(geom) * 1e7))::bigint, sum(sign * round(postgis.st_x(geom) * 1e7))::bigint
    from (
        select 1 as sign, jurisdiction_id, geom, service_code, status, detailed_status, visibility from after
        union all
        select -1, jurisdiction_id, geom, service_code, status, detailed_status, visibility from before
    ) as changed
    where visibility = 'published' and abs(postgis.st_y(geom)) < 85.051128
    group by jurisdiction_id, 2, 3, service_code, status, detailed_status
    having sum(sign) <> 0 or sum(sign * round(postgis.st_y(geom) * 1e7)) <> 0
        or sum(sign * round(postgis.st_x(geom) * 1e7)) <> 0;
    return null;
end $$;
create trigger map_insert after insert on service_requests
    referencing new table as after for each statement execute function public.open311_map_insert();
create trigger map_delete after delete on service_requests
    referencing old table as before for each statement execute function public.open311_map_delete();
create trigger map_update after update on service_requests
    referencing old table as before new table as after for each statement execute function public.open311_map_update();
