"""GET service requests: each filter, alone and with others, and what is wrong with it."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection

from open311.actions import casework
from open311.core import Core
from open311.model.access.keys import Scope
from open311.model.maps.geography import Box
from open311.model.service_request import Location, Status, Visibility
from open311.web.fields import BoxField
from tests.actors import CLARA
from tests.serving import START, Api, Clock, MakeCore, an_api, same
from tests.stored import TOWN_HALL, days_ago, ids, store


def listed(api: Api, expected: int = 200, **query: Any) -> Any:
    """The answer to a query, which may hold a `status` of its own."""
    responses = [api.raw(f"/requests.{suffix}", **query) for suffix in ("json", "xml")]
    assert [response.status_code for response in responses] == [expected, expected], responses[0].text
    return same(*responses)


def refused(api: Api, **query: Any) -> str:
    """The words of the one error a query gets."""
    (error,) = listed(api, 400, **query)
    assert error["code"] == 400
    words: str = error["description"]
    return words


class TestIds:
    """`service_request_id` overrides every other filter."""

    def test_one_id_finds_one_request_of_any_age(self, api: Api, conn: Connection) -> None:
        """R-158"""
        old = store(conn, requested_datetime=days_ago(3000))
        store(conn)
        assert ids(listed(api, service_request_id=old)) == [old]

    @pytest.mark.parametrize("form", ["{},{},{}", "{}, {} ,{}", "{},{},{},", ["{}", "{},{}"]], ids=str)
    def test_several_ids_find_those_that_exist(
        self, api: Api, conn: Connection, form: str | list[str]
    ) -> None:
        """R-159"""
        first, second = store(conn), store(conn, requested_datetime=days_ago(400))
        store(conn)
        values = [first, 999_999_999, second]
        raw = form.format(*values) if isinstance(form, str) else [f"{first}", "{},{}".format(*values[1:])]
        assert sorted(ids(listed(api, service_request_id=raw))) == [first, second]

    @pytest.mark.parametrize(
        "other",
        [
            {"status": "closed"},
            {"service_code": "AMPEL"},
            {"start_date": "2001-01-01", "end_date": "2001-02-01"},
            {"start_date": "2001-01-01", "end_date": "2002-02-01"},
            {"start_date": "2002-01-01", "end_date": "2001-01-01"},
            {"bbox": "1,1,2,2"},
            {"lat": "1", "long": "1", "radius": "1"},
            {"q": "nirgends"},
            {"updated_before": "2001-01-01"},
            {"detailed_status": "REJECTED"},
            {"page": "7"},
            {"page_size": "1", "page": "9"},
            {"offset": "5"},
            {"agency_responsible": "TIEFBAU"},
        ],
        ids=lambda other: "R-160 " + " ".join(other),
    )
    def test_other_filters_do_not_count(self, api: Api, conn: Connection, other: dict[str, str]) -> None:
        number = store(conn)
        assert ids(listed(api, service_request_id=number, **other)) == [number]

    @pytest.mark.parametrize(
        "other",
        [
            {"status": "foo"},
            {"start_date": "gestern"},
            {"bbox": "1"},
            {"page": "x"},
            {"cursor": "x"},
            {"lat": "1"},
            {"radius": "-1"},
            {"q": "x" * 2000},
        ],
        ids=lambda other: "R-160 wrong " + " ".join(other),
    )
    def test_other_filters_do_not_count_even_when_wrong(
        self, api: Api, conn: Connection, other: dict[str, str]
    ) -> None:
        number = store(conn)
        assert ids(listed(api, service_request_id=number, **other)) == [number]

    @pytest.mark.parametrize("unknown", ["999999999", "0", "-1", "abc", "1e5", "9" * 40, "1;drop table"])
    def test_unknown_ids_give_an_empty_list(self, api: Api, conn: Connection, unknown: str) -> None:
        """R-161"""
        store(conn)
        assert listed(api, service_request_id=unknown) == []

    @pytest.mark.parametrize("nothing", ["", "  ", " , ,"], ids=["R-162", "R-162 blank", "R-162 commas"])
    def test_empty_id_counts_as_absent(self, api: Api, conn: Connection, nothing: str) -> None:
        store(conn, requested_datetime=days_ago(200))
        recent = store(conn)
        assert ids(listed(api, service_request_id=nothing)) == [recent]

    def test_a_thousand_ids_are_one_question(self, api: Api, conn: Connection) -> None:
        """R-159"""
        number = store(conn, id=500_999)
        many = ",".join(str(number) for number in range(500_000, 501_000))
        assert ids(listed(api, service_request_id=many)) == [number]
        assert "1000" in refused(api, service_request_id=many + ",501000")

    def test_jurisdiction_still_counts(self, make_core: MakeCore, conn: Connection) -> None:
        """R-160"""
        number = store(conn)
        api = an_api(make_core())
        assert ids(listed(api, service_request_id=number, jurisdiction_id="ludwigshafen.de")) == [number]
        listed(api, 404, service_request_id=number, jurisdiction_id="mannheim.de")


class TestServices:
    """`service_code`."""

    @pytest.mark.parametrize(
        ("codes", "found"),
        [
            ("AMPEL", ["AMPEL"]),
            ("AMPEL,KANAL", ["AMPEL", "KANAL"]),
            (" AMPEL , KANAL ", ["AMPEL", "KANAL"]),
            (["AMPEL", "KANAL"], ["AMPEL", "KANAL"]),
            (["AMPEL,KANAL", "MUELL_WILD"], ["AMPEL", "KANAL", "MUELL_WILD"]),
            ("", ["AMPEL", "KANAL", "MUELL_WILD"]),
        ],
        ids=lambda query: f"R-163 {query}",
    )
    def test_lists_and_repetitions_are_one(
        self, api: Api, conn: Connection, codes: str | list[str], found: list[str]
    ) -> None:
        for code in ("AMPEL", "KANAL", "MUELL_WILD"):
            store(conn, service_code=code)
        answer = listed(api, service_code=codes)
        assert sorted(service["service_code"] for service in answer) == found

    @pytest.mark.parametrize(
        "sent",
        [{"service_code[]": ["AMPEL", "KANAL"]}, {"service_code[0]": "AMPEL", "service_code[1]": "KANAL"}],
        ids=["R-163 brackets", "R-163 numbers, as PHP and node send them"],
    )
    def test_array_spelling_is_understood(self, api: Api, conn: Connection, sent: dict[str, Any]) -> None:
        store(conn), store(conn, service_code="AMPEL")
        assert [service["service_code"] for service in listed(api, **sent)] == ["AMPEL"]

    def test_unknown_code_gives_an_empty_list(self, api: Api, conn: Connection) -> None:
        """R-164"""
        store(conn)
        assert listed(api, service_code="GIBT_ES_NICHT") == []

    def test_service_that_has_ended_still_finds_its_requests(self, api: Api, conn: Connection) -> None:
        """R-163"""
        number = store(conn, service_code="TELEFONZELLE")
        assert ids(listed(api, service_code="TELEFONZELLE")) == [number]


class TestStatus:
    """`status` and `detailed_status`."""

    @pytest.mark.parametrize(
        ("status", "found"),
        [
            ("open", ["open"]),
            ("closed", ["closed"]),
            ("open,closed", ["closed", "open"]),
            ("closed, open", ["closed", "open"]),
            (["open", "closed"], ["closed", "open"]),
            ("open,open", ["open"]),
            ("", ["closed", "open"]),
        ],
        ids=lambda query: f"R-165 {query}",
    )
    def test_words_choose(
        self, api: Api, conn: Connection, status: str | list[str], found: list[str]
    ) -> None:
        store(conn), store(conn, status=Status.CLOSED, detailed_status="GELOEST")
        assert sorted(request["status"] for request in listed(api, status=status)) == found

    @pytest.mark.parametrize("word", ["OPEN", "Closed", "OPEN,CLOSED"], ids=lambda query: f"R-166 {query}")
    def test_letter_case_does_not_count(self, api: Api, conn: Connection, word: str) -> None:
        store(conn), store(conn, status=Status.CLOSED, detailed_status="GELOEST")
        assert sorted(request["status"] for request in listed(api, status=word)) == sorted(
            word.lower().split(",")
        )

    @pytest.mark.parametrize("word", ["foo", "open,foo", "open;closed"], ids=lambda query: f"R-167 {query}")
    def test_unknown_word_is_400_naming_the_known_ones(self, api: Api, word: str) -> None:
        description = refused(api, status=word)
        assert "open" in description
        assert "closed" in description

    @pytest.mark.parametrize(
        "wanted", ["rejected, PROCESSED", "REJECTED,PROCESSED", ["rejected", "processed"]]
    )
    def test_detailed_status_finds_the_rejected(
        self, api: Api, core: Core, clock: Clock, wanted: str | list[str]
    ) -> None:
        """R-197"""
        rejected, fixed, running = (api.report() for _ in range(3))
        clock.forward(hours=1)
        casework.set_status(core, int(rejected), "ABGESCHLOSSEN", CLARA, "Nicht zu finden.")
        casework.set_status(core, int(fixed), "GELOEST", CLARA)
        casework.set_status(core, int(running), "IN_BEARBEITUNG", CLARA)
        answer = listed(api, detailed_status=wanted, extensions="true")
        words = {
            request["service_request_id"]: (
                request["status"],
                request["extended_attributes"]["detailed_status"],
            )
            for request in answer
        }
        assert words == {rejected: ("closed", "REJECTED"), fixed: ("closed", "PROCESSED")}

    def test_unknown_detailed_status_finds_nothing(self, api: Api, conn: Connection) -> None:
        """R-197"""
        store(conn)
        assert listed(api, detailed_status="ARCHIVED,BLABLA") == []


class TestDates:
    """`start_date`, `end_date` and the default window."""

    START, END = "2025-06-01T00:00:00Z", "2025-06-30T12:00:00Z"

    def test_both_ends_are_included(self, api: Api, conn: Connection) -> None:
        """R-168"""
        first = store(conn, requested_datetime=days_ago(274) - (days_ago(274) - self._moment(self.START)))
        last = store(conn, requested_datetime=self._moment(self.END))
        for moment in ("2025-05-31T23:59:59Z", "2025-06-30T12:00:01Z"):
            store(conn, requested_datetime=self._moment(moment))
        assert ids(listed(api, start_date=self.START, end_date=self.END)) == [last, first]

    @staticmethod
    def _moment(text: str) -> Any:
        return type(START).fromisoformat(text)

    @pytest.mark.parametrize(
        ("start", "end"),
        [
            ("2025-06-01T02:00:00+02:00", "2025-06-30T14:00:00+02:00"),
            ("2025-06-01T02:00:00 02:00", "2025-06-30T14:00:00 02:00"),
            ("2025-06-01T00:00:00", "2025-06-30T12:00:00.999"),
            ("2025-06-01", "2025-06-30"),
        ],
        ids=lambda query: f"R-168 {query}",
    )
    def test_every_spelling_means_the_same_moment(
        self, api: Api, conn: Connection, start: str, end: str
    ) -> None:
        inside = [store(conn, requested_datetime=self._moment(edge)) for edge in (self.START, self.END)]
        store(conn, requested_datetime=self._moment("2025-05-31T21:59:59Z"))
        store(conn, requested_datetime=self._moment("2025-06-30T22:00:00Z"))
        assert ids(listed(api, start_date=start, end_date=end)) == inside[::-1]

    def test_bare_dates_are_local_days(self, api: Api, conn: Connection) -> None:
        """R-168: 1 June in Ludwigshafen begins at 22:00 UTC the day before and ends at 21:59:59."""
        moments = (
            "2025-05-31T21:59:59Z",
            "2025-05-31T22:00:00Z",
            "2025-06-01T21:59:59Z",
            "2025-06-01T22:00:00Z",
        )
        numbers = [store(conn, requested_datetime=self._moment(moment)) for moment in moments]
        answer = listed(api, start_date="2025-06-01", end_date="2025-06-01")
        assert ids(answer) == [numbers[2], numbers[1]]

    def test_start_alone_opens_a_window_of_90_days(self, api: Api, conn: Connection) -> None:
        """R-169"""
        first, last = (store(conn, requested_datetime=days_ago(ago)) for ago in (200, 110))
        for ago in (200.001, 109.999, 1):
            store(conn, requested_datetime=days_ago(ago))
        assert ids(listed(api, start_date=days_ago(200).isoformat())) == [last, first]

    def test_recent_start_alone_ends_now(self, api: Api, conn: Connection) -> None:
        """R-169"""
        inside = store(conn, requested_datetime=days_ago(2))
        store(conn, requested_datetime=days_ago(-1))
        assert ids(listed(api, start_date=days_ago(10).isoformat())) == [inside]

    def test_end_alone_closes_a_window_of_90_days(self, api: Api, conn: Connection) -> None:
        """R-170"""
        first, last = (store(conn, requested_datetime=days_ago(ago)) for ago in (290, 200))
        for ago in (290.001, 199.999, 1):
            store(conn, requested_datetime=days_ago(ago))
        assert ids(listed(api, end_date=days_ago(200).isoformat())) == [last, first]

    def test_90_days_are_allowed_and_a_second_more_is_400(self, api: Api, conn: Connection) -> None:
        """R-168, R-171"""
        number = store(conn, requested_datetime=days_ago(100))
        span = {"start_date": days_ago(190).isoformat(), "end_date": days_ago(100).isoformat()}
        assert ids(listed(api, **span)) == [number]
        span["start_date"] = days_ago(190.00002).isoformat()
        assert "90" in refused(api, **span)

    @pytest.mark.parametrize("days", ["0", "366"], ids=["R-171 lifted", "R-171 longer"])
    def test_a_city_may_set_another_limit(self, make_core: MakeCore, conn: Connection, days: str) -> None:
        api = an_api(make_core(OPEN311_MAX_SPAN_DAYS=days))
        old = store(conn, requested_datetime=days_ago(360))
        span = {"start_date": days_ago(365).isoformat(), "end_date": days_ago(0).isoformat()}
        assert ids(listed(api, **span)) == ids(listed(api)) == [old]

    def test_start_after_end_is_400(self, api: Api) -> None:
        """R-172, also where pages lift the limit."""
        span = {"start_date": "2026-02-02", "end_date": "2026-02-01"}
        assert refused(api, **span) == refused(api, **span, page=1)
        assert refused(api, updated_after="2026-02-02", updated_before="2026-02-01")

    def test_same_start_and_end_is_one_second(self, api: Api, conn: Connection) -> None:
        """R-168"""
        number = store(conn, requested_datetime=days_ago(5))
        store(conn, requested_datetime=days_ago(5.0001))
        moment = days_ago(5).isoformat()
        assert ids(listed(api, start_date=moment, end_date=moment)) == [number]

    @pytest.mark.parametrize(
        "query",
        [
            {"start_date": "2027-01-01", "end_date": "2027-02-01"},
            {"start_date": "2027-01-01"},
            {"start_date": "9999-12-31"},
            {"end_date": "0001-01-02"},
        ],
        ids=["both", "start", "last day of all", "first day of all"],
    )
    def test_window_without_requests_is_empty(
        self, api: Api, conn: Connection, query: dict[str, str]
    ) -> None:
        """R-154, R-169, R-170"""
        store(conn)
        assert listed(api, **query) == []

    @pytest.mark.parametrize(
        "name",
        ["start_date", "end_date", "updated_after", "updated_before"],
        ids=lambda name: f"R-168 {name}",
    )
    @pytest.mark.parametrize("value", ["gestern", "2026-02-30", "2026-03-01T25:00:00Z", "0", "01.03.2026"])
    def test_unreadable_datetime_is_400_with_its_name(self, api: Api, name: str, value: str) -> None:
        assert name in refused(api, **{name: value})

    def test_filters_add_up(self, api: Api, conn: Connection) -> None:
        """R-173"""
        wanted: dict[str, Any] = {
            "service_code": "AMPEL",
            "status": Status.CLOSED,
            "requested_datetime": days_ago(10),
        }
        number = store(conn, **wanted)
        store(conn, **wanted | {"service_code": "KANAL"})
        store(conn, **wanted | {"status": Status.OPEN})
        store(conn, **wanted | {"requested_datetime": days_ago(20)})
        span = {"start_date": days_ago(11).isoformat(), "end_date": days_ago(9).isoformat()}
        assert ids(listed(api, service_code="AMPEL", status="closed", **span)) == [number]

    def test_unknown_parameters_are_ignored(self, api: Api, conn: Connection) -> None:
        """R-150: `callback` (JSONP), `legacy` and whatever else."""
        number = store(conn)
        answer = api.raw("/requests.json", callback="alert", legacy="false", foo=["1", "2"])
        assert ids(answer.json or []) == [number]
        assert answer.text.startswith("[")


class TestUpdated:
    """`updated_after` and `updated_before`."""

    def test_both_ends_are_included(self, api: Api, conn: Connection) -> None:
        """R-191"""
        numbers = [
            store(conn, requested_datetime=days_ago(400), updated_datetime=days_ago(ago))
            for ago in (5.0001, 5, 4, 3, 2.9999)
        ]
        span = {"updated_after": days_ago(5).isoformat(), "updated_before": days_ago(3).isoformat()}
        assert sorted(ids(listed(api, **span))) == numbers[1:4]

    def test_report_of_last_year_closed_today_is_found(self, api: Api, core: Core, clock: Clock) -> None:
        """R-191"""
        number = api.report()
        clock.forward(days=380)
        api.report()
        casework.set_status(core, int(number), "GELOEST", CLARA)
        since = clock.forward(days=-1).isoformat()
        clock.forward(days=2)
        assert ids(listed(api, updated_after=since, status="closed")) == [int(number)]
        assert len(listed(api, updated_after=since)) == 2
        assert listed(api, updated_after=since, status="closed", start_date=since) == []

    def test_other_spelling_stands_in(self, api: Api, conn: Connection) -> None:
        """R-191: `updated` is Mark-a-Spot's; the proper name wins."""
        number = store(conn, requested_datetime=days_ago(400), updated_datetime=days_ago(1))
        store(conn, requested_datetime=days_ago(400))
        since = days_ago(2).isoformat()
        assert ids(listed(api, updated=since)) == [number]
        assert ids(listed(api, updated="2000-01-01", updated_after=since)) == [number]

    def test_before_alone_reaches_back_without_end(self, api: Api, conn: Connection) -> None:
        """R-191"""
        number = store(conn, requested_datetime=days_ago(2000))
        store(conn)
        assert ids(listed(api, updated_before=days_ago(500).isoformat())) == [number]


NORTH_EAST = Location(49.4901, 8.4603)


class TestPlaces:
    """`bbox` and `lat`, `long`, `radius`."""

    def test_circle_holds_what_is_near(self, api: Api, conn: Connection) -> None:
        """R-192: the second place is 1418 m from the town hall (Vincenty's formula, WGS84)."""
        near, far = store(conn), store(conn, location=NORTH_EAST)
        store(conn, location=None)
        centre = {"lat": TOWN_HALL.lat, "long": TOWN_HALL.long}
        assert ids(listed(api, **centre, radius=1000)) == [near]
        assert sorted(ids(listed(api, **centre, radius=50_000))) == [near, far]

    @pytest.mark.parametrize("name", ["long", "lon", "lng"], ids=lambda name: f"R-192 {name}")
    def test_longitude_has_three_names(self, api: Api, conn: Connection, name: str) -> None:
        number = store(conn)
        centre: dict[str, Any] = {"lat": TOWN_HALL.lat, name: TOWN_HALL.long, "radius": 10}
        assert ids(listed(api, **centre)) == [number]

    def test_box_is_longitude_first(self, api: Api, conn: Connection) -> None:
        """R-192"""
        inside = store(conn)
        store(conn, location=NORTH_EAST), store(conn, location=None)
        assert ids(listed(api, bbox="8.44,49.47,8.45,49.485")) == [inside]
        assert listed(api, bbox="49.47,8.44,49.485,8.45") == []

    @pytest.mark.parametrize(
        "bbox",
        [
            "8.45,49.485,8.44,49.47",
            "8.44,49.485,8.45,49.47",
            "8.44;49.47;8.45;49.485",
            " 8.44, 49.47 ,8.45,49.485",
        ],
        ids=lambda bbox: f"R-192 {bbox}",
    )
    def test_box_may_be_given_the_wrong_way_round(self, api: Api, conn: Connection, bbox: str) -> None:
        inside = store(conn)
        store(conn, location=NORTH_EAST)
        assert ids(listed(api, bbox=bbox)) == [inside]

    def test_box_and_circle_and_status_add_up(self, api: Api, conn: Connection) -> None:
        """R-173, R-192"""
        number = store(conn)
        store(conn, status=Status.CLOSED), store(conn, location=NORTH_EAST)
        query = {
            "lat": TOWN_HALL.lat,
            "long": TOWN_HALL.long,
            "radius": 1500,
            "bbox": "8.44,49.47,8.45,49.485",
        }
        assert ids(listed(api, **query, status="open")) == [number]

    @pytest.mark.parametrize(
        "query",
        [
            {"lat": "49.4", "long": "8.4"},
            {"lat": "49.4", "radius": "10"},
            {"long": "8.4", "radius": "10"},
            {"radius": "10"},
            {"lat": "49.4", "long": "8.4", "radius": "0"},
            {"lat": "49.4", "long": "8.4", "radius": "-5"},
            {"lat": "49.4", "long": "8.4", "radius": "50000.1"},
            {"lat": "49.4", "long": "8.4", "radius": "nan"},
            {"lat": "49.4", "long": "8.4", "radius": "weit"},
            {"lat": "90.1", "long": "8.4", "radius": "10"},
            {"lat": "49.4", "long": "-180.1", "radius": "10"},
            {"lat": "49,4,1", "long": "8.4", "radius": "10"},
            {"bbox": "8,49,9"},
            {"bbox": "8,49,9,50,51"},
            {"bbox": "8,49,9,x"},
            {"bbox": "8,49,9,inf"},
            {"bbox": "8,49,9,91"},
            {"bbox": "-181,49,9,50"},
            {"bbox": ",".join(["8.4,49.4"] * 10_000)},
        ],
        ids=lambda query: "R-192 " + "&".join(f"{name}={value[:20]}" for name, value in query.items()),
    )
    def test_incomplete_or_bad_is_400(self, api: Api, query: dict[str, str]) -> None:
        assert refused(api, **query)


class TestWords:
    """`q`."""

    @pytest.mark.parametrize(
        "words", ["muell", "Müll", "MUELL", "MÜLL", "Müllsäcke", "müllsaecke", "sack müll"]
    )
    def test_spelling_does_not_count(self, api: Api, conn: Connection, words: str) -> None:
        """R-193"""
        number = store(conn, description="Sack Müll und Müllsäcke")
        store(conn, service_code="AMPEL", description="Ampel dunkel")
        assert ids(listed(api, q=words)) == [number]

    @pytest.mark.parametrize(
        "words", ["Matratz", "Ludwigstr", "Abgeholt", "Sandhof"], ids=lambda words: f"R-193 {words}"
    )
    def test_public_texts_are_searched(self, api: Api, conn: Connection, words: str) -> None:
        number = store(conn, status_notes="Wurde abgeholt.", address="Ludwigstraße 12, Sandhofen")
        store(conn, description="Ampel", address="", service_code="AMPEL")
        assert ids(listed(api, q=words)) == [number]

    @pytest.mark.parametrize(
        "words",
        ["Wilde Müllablagerung", "müllablagerung", "muellablagerung", "MUELLABLAGERUNG", "Illegal dumping"],
        ids=lambda words: f"R-193 {words}",
    )
    def test_names_of_services_are_searched(self, api: Api, conn: Connection, words: str) -> None:
        number = store(conn, description="", address="")
        store(conn, service_code="AMPEL", description="")
        assert ids(listed(api, q=words)) == [number]

    def test_id_is_found(self, api: Api, conn: Connection) -> None:
        """R-193"""
        number = store(conn)
        store(conn)
        assert ids(listed(api, q=number)) == [number]
        assert listed(api, q=str(number)[:-1]) == []

    @pytest.mark.parametrize("words", ["m", "?", "", " m "], ids=lambda words: f"R-193 {words!r}")
    def test_less_than_two_characters_are_ignored(self, api: Api, conn: Connection, words: str) -> None:
        number = store(conn)
        assert ids(listed(api, q=words)) == [number]

    def test_other_name_stands_in(self, api: Api, conn: Connection) -> None:
        """R-193: `search` is 6aika's."""
        store(conn)
        assert listed(api, search="Klavier") == []
        assert len(listed(api, search="Matratzen")) == 1

    def test_other_filters_still_count(self, api: Api, conn: Connection) -> None:
        """R-173, R-193"""
        number = store(conn)
        store(conn, status=Status.CLOSED), store(conn, requested_datetime=days_ago(100))
        assert ids(listed(api, q="Matratzen", status="open")) == [number]

    @pytest.mark.parametrize(
        "words",
        ["geheim@example.org", "geheim", "Gerda", "0621555123", "geraet77", "konto88", "XY99", "frauamt"],
        ids=lambda words: f"R-193 {words}",
    )
    def test_reporter_is_never_found(self, api: Api, core: Core, words: str) -> None:
        number = api.report(
            service_code="FAHRZEUG_ALT",
            email="geheim@example.org",
            first_name="Gerda",
            last_name="Geheim",
            phone="0621555123",
            device_id="geraet77",
            account_id="konto88",
            **{"attribute[FARBE]": "blau", "attribute[ZUSTAND]": "reifen", "attribute[KENNZEICHEN]": "XY99"},
        )
        casework.publish(core, int(number), CLARA)
        assert len(listed(api)) == 1
        assert listed(api, q=words) == []

    @pytest.mark.parametrize(
        "words",
        [
            "Matratzen'); drop table service_requests; --",
            "Matratzen & !alte",
            "Matratzen | alte",
            "(Matratzen",
            "Matratzen <-> alte",
            "Matratzen:*",
            '"alte Matratzen"',
            "\\Matratzen\\",
            "Matratzen\x00",
            "%atratzen",
            "alte_Matratzen",
            "____",
            "²²",
            "١٢٣",
            "😀😀",
            "ß" * 1000,
            "漢" * 1000,
            "漢字 " * 300,
            "9" * 40,
            "der die das",
            "der",
        ],
        ids=lambda words: f"R-193 {words[:24]!a}",
    )
    def test_anything_may_be_asked(self, api: Api, conn: Connection, words: str) -> None:
        store(conn)
        listed(api, q=words)

    @settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(words=st.text(max_size=60))
    def test_any_text_may_be_asked(self, api: Api, words: str) -> None:
        """R-193"""
        assert api.raw("/requests.json", q=words).status_code == 200

    def test_staff_may_ask_too(self, core: Core, conn: Connection) -> None:
        """R-193: with the held requests they see."""
        held, shown = store(conn, visibility=Visibility.HELD), store(conn)
        staff = an_api(core, Scope.READ_HELD)
        assert ids(listed(staff, q="Matratzen", api_key=staff.key)) == [shown, held]

    def test_words_too_many_to_mean_anything_are_400(self, api: Api) -> None:
        """R-193"""
        assert "q" in refused(api, q="x" * 1001)

    def test_operators_are_only_signs_between_words(self, api: Api, conn: Connection) -> None:
        """R-193"""
        number = store(conn)
        for words in ("Matratzen & alte", "(alte|Matratzen", "alte <-> Matratzen", "'alte' \"Matratzen\""):
            assert ids(listed(api, q=words)) == [number]
        assert listed(api, q="Matratzen | Klavier") == []
        assert listed(api, q="Matratzen & Klavier") == []

    def test_little_words_do_not_get_in_the_way(self, api: Api, conn: Connection) -> None:
        """R-193"""
        number = store(conn, description="Müll neben der Ampel")
        assert ids(listed(api, q="der Müll bei der Ampel")) == ids(listed(api, q="die Ampel")) == [number]


class TestAgency:
    """`agency_responsible` (georeport.md 5.10)."""

    @pytest.mark.parametrize(
        "wanted", ["TIEFBAU", "tiefbau", "Bereich Tiefbau", "bereich tiefbau", "Civil engineering"]
    )
    def test_code_or_name_in_any_letters(self, api: Api, conn: Connection, wanted: str) -> None:
        number = store(conn, agency_responsible="TIEFBAU")
        store(conn, agency_responsible="BELEUCHTUNG"), store(conn)
        assert ids(listed(api, agency_responsible=wanted)) == [number]

    def test_free_text(self, api: Api, conn: Connection) -> None:
        number = store(conn, agency_responsible="Feuerwehr Süd")
        store(conn, agency_responsible="TIEFBAU")
        assert ids(listed(api, agency_responsible="feuerwehr süd")) == [number]
        assert listed(api, agency_responsible="Feuerwehr") == []


@pytest.mark.parametrize(
    ("bbox", "box"),
    [
        ("8,49,9,50", Box(8, 49, 9, 50)),
        ("9,50,8,49", Box(8, 49, 9, 50)),
        ("179.5,-17,-179.5,-16", Box(179.5, -17, -179.5, -16)),
        ("-179.5,-17,179.5,-16", Box(-179.5, -17, 179.5, -16)),
    ],
)
def test_ends_are_swapped_unless_the_box_lies_across_the_180th_meridian(bbox: str, box: Box) -> None:
    """C8: old clients mix up the ends; RFC 7946 means something by it."""
    assert BoxField().deserialize([bbox]) == box
