"""Every address of the application, asked for requests of every visibility: nothing appears that is not allowed.

An address that is in none of the tables below fails the test.
"""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Connection
from werkzeug.routing import Rule

from open311.app import application
from open311.model.access.visibility import View
from open311.model.catalogue import Catalogue
from open311.model.service_request import Visibility
from tests.builders import a_catalogue, a_jurisdiction, a_service
from tests.serving import MakeCore
from tests.visibility.town import CANARY, OTHER, OWN, Asker, Subject, Town, canary

# Addresses of one request, and how much of it whoever asks must be allowed to see.
OF_ONE = {
    "georeport.get_service_request": View.REDACTED,
    "lists.get_history": View.FULL,
    "ogc.get_item": View.FULL,
    "pages.report": View.REDACTED,
    "pages.follow_report": View.REDACTED,
    "pages.update_report": View.FULL,
    "pages.object_to_report": View.FULL,
}
# Forms about one request name it, and say no more of it.
FORMS = {"pages.follow_report", "pages.update_report", "pages.object_to_report"}
OF_A_PHOTO = {"media.get_photo", "media.get_small_photo"}
# Addresses of many requests, and what a published one shows there for certain.
OF_MANY = {
    "georeport.get_service_requests": "description",
    "lists.get_requests_geojson": "description",
    "lists.get_requests_csv": "description",
    "lists.get_feed": "description",
    "changes.get_changes": "description",
    "changes.get_changes_ndjson": "description",
    "exports.get_export_csv": "description",
    "exports.get_export_ndjson": "description",
    "ogc.get_items": "description",
    "updates.get_service_request_updates": "note",
    "pages.cards": "address",
    "pages.home": "address",
    "pages.near_place": None,
    "pages.sitemap": None,
    "tiles.get_tile": None,
    "tiles.get_tile_also": None,
}
# Addresses that tell of no request, and those whose secret nobody who asks here has.
OF_NONE = {
    "api-docs.openapi",
    "discovery.get_discovery",
    "docs.files",
    "docs.page",
    "docs.static",
    "files.module",
    "files.of_package",
    "files.own",
    "georeport.get_service_definition",
    "georeport.get_services",
    "georeport.get_token",
    "healthz",
    "metrics",
    "ogc.get_api",
    "ogc.get_collection",
    "ogc.get_collections",
    "ogc.get_conformance",
    "ogc.get_landing_page",
    "ogc.get_queryables",
    "ogc.get_style",
    "pages.accessibility",
    "pages.answer_question",
    "pages.area_alert",
    "pages.area_alerts",
    "pages.app_icon",
    "pages.city_styles",
    "pages.draft_photo",
    "pages.easy_page",
    "pages.export_own_data",
    "pages.fitting_services",
    "pages.followed",
    "pages.favicon",
    "pages.handed_in",
    "pages.help_page",
    "pages.imprint",
    "pages.logo",
    "pages.manifest",
    "pages.my_data",
    "pages.new_report",
    "pages.offline",
    "pages.offline_form",
    "pages.open_data",
    "pages.order",
    "pages.order_photo",
    "pages.privacy",
    "pages.rate_report",
    "pages.report_by_number",
    "pages.report_step",
    "pages.robots",
    "pages.service_worker",
    "pages.show_own_data",
    "pages.show_statistics",
    "pages.stop_area_alert",
    "pages.stop_following",
    "pages.suggested_places",
    "pages.waiting",
    "readyz",
    "statistics.get_statistics_csv",
    "statistics.get_statistics",
    "tiles.get_boundary",
    "tiles.get_boundary_also",
    "tiles.get_streets_file",
    "tiles.get_streets_tile",
    "tiles.get_streets_tilejson",
    "tiles.get_tilejson",
    "tiles.get_tilejson_also",
}
POSTS = {"pages.affected_too", "georeport.post_service_request", "updates.post_service_request_update"}
# What is for staff is behind a login or a token; whoever has none gets as little from them as from those above.
BEHIND_A_LOGIN = ("staff.", "staff_api", "staff_news")
# Doors that look at the key somebody comes with; at all others everybody is a stranger.
KNOWS_KEYS = ("georeport.",)

QUERIES = (
    "",
    "&extensions=true&start_date=2010-01-01T00:00:00Z&page_size=1000",
    "&extensions=true&service_request_id=%s",
    "&q=canary&page=1",
    "&bbox=8,49,9,50&status=open,closed",
)
HERE = "&lat=49.4811&long=8.4464"


def a_city(name: str, **more: Any) -> Catalogue:
    jurisdiction = a_jurisdiction(jurisdiction_id=name, **more)
    return a_catalogue(a_service(moderated=False), jurisdiction=jurisdiction)


@pytest.fixture(scope="module")
def app() -> Flask:
    return application()


@pytest.fixture(params=["one city", "two cities", "nothing by number"])
def town(request: pytest.FixtureRequest, make_core: MakeCore, conn: Connection, app: Flask) -> Town:
    own = a_city(OWN, held_by_id=request.param != "nothing by number")
    cities = (own, a_city(OTHER)) if request.param == "two cities" else (own,)
    mail = {"OPEN311_SMTP_URL": "smtp://127.0.0.1:9", "OPEN311_MAIL_FROM": "stadt@example.org"}
    core = make_core(*cities, OPEN311_BASE_URL="https://melden.example", **mail)
    return Town(core, conn, app)


def name_of(rule: Rule) -> str:
    """The view behind an address, without the number of its format."""
    return re.sub(r"_(json|xml|\d)$", "", rule.endpoint)


def reads(app: Flask, *names: str) -> Iterator[Rule]:
    for rule in app.url_map.iter_rules():
        if name_of(rule) in names and "GET" in (rule.methods or ()):
            yield rule


def path_of(town: Town, rule: Rule, subject: Subject) -> str | None:
    """The address of a request, by way of our city; None for one that a server of so many cities has not."""
    if ("<city" in rule.rule) != town.several and rule.endpoint.startswith("pages."):
        return None
    number = str(subject.number)
    values = {"city": OWN, "jurisdiction_id": OWN, "key": subject.photo, "service_code": "MUELL_WILD"}
    values |= dict.fromkeys(("number", "service_request_id", "feature_id"), number)
    values |= {"z": "14", "x": "8576", "y": "5581", "photo_id": "1"}
    filled = re.sub(r"<(?:\w+(?:\([^)]*\))?:)?(\w+)>", lambda part: values.get(part[1], "unknown"), rule.rule)
    # OGC's addresses name the city themselves, and refuse what they do not know.
    return f"{filled}?f=json" if rule.endpoint.startswith("ogc.") else f"{filled}?jurisdiction_id={OWN}"


def known_to(rule: Rule, asker: Asker) -> Asker | None:
    """Whom the door takes somebody for."""
    return asker if rule.endpoint.startswith(KNOWS_KEYS) else None


def test_every_address_stands_in_a_table(app: Flask) -> None:
    """One that is new is put where it belongs, and walked by the tests below."""
    known = {*OF_ONE, *OF_A_PHOTO, *OF_MANY, *OF_NONE, *POSTS}
    names = {name_of(rule) for rule in app.url_map.iter_rules()}
    assert {name for name in names - known if not name.startswith(BEHIND_A_LOGIN)} == set()
    assert known - names == set()


def test_one_request_is_shown_as_far_as_its_reader_may_see_it(town: Town, app: Flask) -> None:
    for rule in reads(app, *OF_ONE):
        for subject in town.subjects:
            path = path_of(town, rule, subject)
            for asker in town.askers if path else ():
                knows = known_to(rule, asker)
                view, least = town.view(subject, knows), OF_ONE[name_of(rule)]
                enough = view is not View.NONE and view >= least
                more = "" if rule.endpoint.startswith("ogc.") else "&extensions=true"
                status, text = town.asked(f"{path}{more}", asker)
                told = (rule.rule, subject.name, asker.name)
                assert (told, status) == (told, 200 if enough else 404)
                assert (told, town.forbidden(text, knows)) == (told, [])
                if view is View.FULL and name_of(rule) not in FORMS:
                    assert {"address", "note"} & {field for field, _ in CANARY.findall(text)}, told


def test_lists_hold_what_their_reader_sees_whole(town: Town, app: Flask) -> None:
    every = ",".join(str(subject.number) for subject in town.subjects)
    for rule in reads(app, *OF_MANY):
        path, sign = path_of(town, rule, town.subjects[0]), OF_MANY[name_of(rule)]
        for asker in town.askers if path else ():
            knows, seen = known_to(rule, asker), ""
            for query in QUERIES if sign else (HERE,):
                _, text = town.asked(f"{path}{query.replace('%s', every)}", asker)
                told = (rule.rule, query, asker.name)
                assert (told, town.forbidden(text, knows)) == (told, [])
                seen += text
            if sign:
                assert canary(sign, "published") in seen, rule.rule
            if knows and knows.sees_held:
                assert canary("description", "held") in seen, rule.rule


def test_photos_are_shown_of_what_everybody_sees(town: Town, app: Flask) -> None:
    for subject in town.subjects:
        town.core.media_store.put(subject.photo, b"a picture", "image/jpeg")
    for rule in reads(app, *OF_A_PHOTO):
        for subject in town.subjects:
            status, text = town.asked(str(path_of(town, rule, subject)), town.nobody)
            public = subject.visibility is Visibility.PUBLISHED
            told = (rule.rule, subject.name)
            assert (told, status, "a picture" in text) == (told, 200 if public else 404, public)


def test_no_other_address_tells_of_any_request(town: Town, app: Flask) -> None:
    for rule in app.url_map.iter_rules():
        named = name_of(rule) in OF_NONE or rule.endpoint.startswith(BEHIND_A_LOGIN)
        if not named or "GET" not in (rule.methods or ()):
            continue
        # An address without a number is the same for all of them.
        for path in {path_of(town, rule, subject) for subject in town.subjects} - {None}:
            for asker in town.askers:
                _, text = town.asked(str(path), asker)
                assert (rule.rule, CANARY.findall(text)) == (rule.rule, [])


def test_what_is_not_seen_cannot_be_followed(town: Town) -> None:
    start = f"/{OWN}" if town.several else ""
    for subject in town.subjects:
        path = f"{start}/reports/{subject.number}/follow"
        status = town.client.post(path, data={"email": "x@example.org"}).status_code
        unseen = town.view(subject, None) is View.NONE
        assert (subject.name, status == 404) == (subject.name, unseen)


def test_search_engines_are_told_of_no_report_that_is_not_everybodys(town: Town) -> None:
    _, sitemap = town.asked("/sitemap.xml", town.nobody)
    named = {subject.name for subject in town.subjects if f"/reports/{subject.number}<" in sitemap}
    assert named == ({"published", "elsewhere"} if town.several else {"published"})
