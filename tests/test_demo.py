"""Demo reports: believable, always the same, and as consistent as real ones."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, text

from open311.core import Core
from open311.dev import demo
from open311.dev.demo import sent_now
from open311.dev.demo.words import GERMAN
from open311.model.intake.channels import Channel
from tests.serving import Api, MakeCore, an_api, first_city

COUNT = 400
ROWS = """
select md5(string_agg(concat_ws('|', service_code, status, visibility, requested_datetime, description, address,
                                st_astext(geom), attributes), '|' order by id)) from service_requests
"""
DISAGREEING = """
select r.id from service_requests r join lateral (
    select kind, datetime, data ->> 'detailed_status' as detailed_status, public
    from events e where e.service_request_id = r.id order by id desc limit 1) as latest on true
where latest.datetime <> r.updated_datetime
   or latest.detailed_status <> r.detailed_status
   or latest.public <> (r.visibility = 'published')
   or (r.status = 'closed') <> (r.closed_datetime is not null)
   or r.version <> (select count(*) from events e where e.service_request_id = r.id and kind <> 'accepted')
"""
WITH_PHOTOS = """
select count(distinct r.service_code), count(distinct m.key), bool_or(r.visibility = 'held')
from service_requests r left join media m on m.service_request_id = r.id
"""


def filled(make_core: MakeCore, seed: int = demo.SEED) -> Core:
    core = make_core(first_city())
    demo.seed(core, COUNT, seed)
    return core


def all_of(conn: Connection, question: str) -> list[Any]:
    return list(conn.execute(text(question)))


def test_the_same_number_makes_the_same_reports(make_core: MakeCore, conn: Connection) -> None:
    filled(make_core)
    [first] = all_of(conn, ROWS)
    conn.execute(text("delete from service_requests"))
    filled(make_core)
    assert [first] == all_of(conn, ROWS)
    conn.execute(text("delete from service_requests"))
    filled(make_core, seed=7)
    assert [first] != all_of(conn, ROWS)


def test_the_latest_have_photos_and_wait_at_the_desk(make_core: MakeCore, conn: Connection) -> None:
    core = make_core(first_city())
    sent_now.send(core, 3, demo.SEED)
    assert all_of(conn, WITH_PHOTOS) == [(3, 3, True)]


def test_they_came_in_by_ways_that_the_desk_has_words_for(make_core: MakeCore, conn: Connection) -> None:
    filled(make_core)
    assert {channel for (channel,) in all_of(conn, "select channel from service_requests")} <= {*Channel}


def test_the_same_reports_can_be_added_again(make_core: MakeCore, conn: Connection) -> None:
    core = filled(make_core)
    demo.seed(core, COUNT)
    tokens = all_of(conn, "select count(distinct token), count(*) from tokens")
    assert all_of(conn, "select count(*) from service_requests") == [(2 * COUNT,)]
    assert tokens[0][0] == tokens[0][1] > 0


def test_histories_agree_with_what_became_of_the_reports(make_core: MakeCore, conn: Connection) -> None:
    filled(make_core)
    # A report that waits for its check, or for its token, has lines that say nothing of its status.
    waiting = {row.id for row in all_of(conn, "select id from service_requests where visibility = 'held'")}
    assert {row.id for row in all_of(conn, DISAGREEING)} <= waiting
    found = {tuple(row) for row in all_of(conn, "select distinct status, visibility from service_requests")}
    assert {("open", "published"), ("closed", "published"), ("open", "hidden")} <= found


def test_reports_lie_in_the_city_and_in_the_last_five_years(make_core: MakeCore, conn: Connection) -> None:
    core = filled(make_core)
    [catalogue] = core.catalogues.in_force
    places = all_of(
        conn, "select st_y(geom), st_x(geom), requested_datetime, service_code from service_requests"
    )
    assert len(places) == COUNT
    assert all(catalogue.jurisdiction.contains(lat, long) for lat, long, _, _ in places)
    oldest = core.now() - min(request.requested_datetime for request in places)
    assert timedelta(days=1000) < oldest < timedelta(days=5 * 365)
    litter = [request for request in places if request.service_code == "MUELL_WILD"]
    assert len(litter) > COUNT / 3


@pytest.mark.parametrize("language", ["en-GB", "fr"])
def test_they_speak_the_language_of_the_city(make_core: MakeCore, conn: Connection, language: str) -> None:
    city = first_city()
    demo.seed(make_core(replace(city, jurisdiction=replace(city.jurisdiction, languages=(language,)))), 60)
    written = "\n".join(
        row.text
        for row in all_of(
            conn, "select concat_ws('|', description, address, status_notes) as text from service_requests"
        )
    )
    german = (*GERMAN.remarks, *GERMAN.notes, *GERMAN.done, *(street for street, _ in GERMAN.streets))
    assert not [words for words in german if words in written]
    assert ("Mended." in written) is (language == "en-GB")


def test_they_are_found_as_real_ones_are(make_core: MakeCore) -> None:
    api: Api = an_api(filled(make_core))
    listed = api.get("/requests", q="Matratzen", page_size=5)
    assert len(listed) == 5
    assert all("Matratzen" in request["description"] for request in listed)
