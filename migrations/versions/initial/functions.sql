-- What generated columns, indexes and queries call.
--
-- A dump is restored, and an index built, without a search path, so whatever is not PostgreSQL's own names its schema:
-- `public`, and `postgis` for wherever that extension lives (0001_initial.py puts in its name). `language sql` bodies
-- are written so that the planner can put them in line; `set search_path` on a function would forbid that.

-- German words are found as they are spelled on any keyboard: "Müll" and "Muell" share the folded lexemes.
create function public.open311_fold(words text) returns text
language sql immutable parallel safe strict as $$
    select replace(replace(replace(replace(lower(words), 'ä', 'ae'), 'ö', 'oe'), 'ü', 'ue'), 'ß', 'ss')
$$;
create function public.open311_words(words text) returns tsvector
language sql immutable parallel safe strict as $$
    select to_tsvector('pg_catalog.german', words) || to_tsvector('pg_catalog.german', public.open311_fold(words))
$$;
create function public.open311_stem(word text) returns text
language sql immutable parallel safe as $$
    select nullif(case when length((ts_lexize('pg_catalog.german_stem', word))[1]) > 2
                       then replace((ts_lexize('pg_catalog.german_stem', word))[1], '_', '\_') end,
                  public.open311_fold(word))
$$;

-- Which cell of the web map's grid a point is in. A level has 2^level columns and rows; row 0 is in the north.
-- Not strict, or the planner could not put them in line. Next to the equator radians() would underflow.
create function public.open311_column(long double precision, level integer) returns integer
language sql immutable parallel safe as $$
    select least((1 << level) - 1, floor((long + 180) / 360 * (1 << level))::integer)
$$;
create function public.open311_row(lat double precision, level integer) returns integer
language sql immutable parallel safe as $$
    select greatest(0, least((1 << level) - 1, floor(
        (1 - asinh(tan(radians(case when abs(lat) < 1e-9 then 0 else greatest(-89.9, least(89.9, lat)) end))) / pi())
        / 2 * (1 << level)
    )::integer))
$$;
create function public.open311_cell(geom postgis.geometry) returns bigint
language sql immutable parallel safe as $$
    select (public.open311_column(postgis.st_x(geom), 18)::bigint << 18) + public.open311_row(postgis.st_y(geom), 18)
$$;
create function public.open311_cells(
    west double precision, south double precision, east double precision, north double precision
) returns table (cell bigint)
language sql immutable parallel safe rows 20 as $$
    select (x::bigint << 18) + y
    from generate_series(public.open311_column(west, 18), public.open311_column(east, 18)) as x,
         generate_series(public.open311_row(north, 18), public.open311_row(south, 18)) as y
$$;

-- What is looked for beside words, as tags in their index: service, status, blocks of 1, 4, 16, 64 and 256 days, place.
-- In plpgsql, whose plan is kept: a search works the tags out for every row it finds.
create function public.open311_day(moment timestamptz) returns integer
language sql immutable parallel safe as $$
    select floor(extract(epoch from moment - timestamptz '1970-01-01 00:00:00+00') / 86400)::integer
$$;
create function public.open311_tags(
    service_code text, status text, requested timestamptz, geom postgis.geometry
) returns text[] language plpgsql immutable parallel safe as $$
declare
    day constant integer := public.open311_day(requested);
begin
    return array['s' || service_code, status,
        'a' || day, 'b' || (day >> 2), 'c' || (day >> 4), 'd' || (day >> 6), 'e' || (day >> 8),
        'x' || public.open311_column(postgis.st_x(geom), 15) || 'y' || public.open311_row(postgis.st_y(geom), 15)];
end
$$;
create function public.open311_place_tags(
    west double precision, south double precision, east double precision, north double precision
) returns text[] language sql immutable parallel safe as $$
    select array_agg('x' || x || 'y' || y)
    from generate_series(public.open311_column(west, 15), public.open311_column(east, 15)) as x,
         generate_series(public.open311_row(north, 15), public.open311_row(south, 15)) as y
$$;
-- From the first moment to the last: one to four days, then as many blocks of 4, 16 and 64 days, two of 256, the rest.
create function public.open311_blocks(first timestamptz, last timestamptz)
returns table (step integer, tags text[])
language plpgsql immutable strict parallel safe rows 12 as $$
declare
    towards constant integer := case when first >= last then -1 else 1 end;
    at integer := public.open311_day(first);
    goal integer := public.open311_day(last);
    blocks integer;
begin
    step := 0;
    for level in 0..3 loop
        blocks := least(abs(goal - at), case when towards < 0 then at & 3 else 3 - (at & 3) end);
        for number in 0..blocks loop
            step := step + 1;
            tags := array[substr('abcd', level + 1, 1) || at + towards * number];
            return next;
        end loop;
        if at + towards * blocks = goal then
            return;
        end if;
        at := ((at + towards * blocks) >> 2) + towards;
        goal := goal >> 2;
        if (at - goal) * towards > 0 then
            return;
        end if;
    end loop;
    step := step + 1;
    tags := array['e' || at];
    return next;
    step := step + 1;
    tags := array(select 'e' || number from generate_series(at + towards, goal, towards) as number);
    return next;
end $$;
