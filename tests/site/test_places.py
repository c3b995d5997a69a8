"""GET /places/near: a position in words, for the form."""

import json
from typing import Any

import pytest

from open311.actions.addresses import address_list
from open311.adapters import geocoder
from open311.core import Core
from open311.model.maps.place import Place
from tests.adapters.strangers import Reply, a_stranger
from tests.serving import Api, MakeCore, an_api, first_city

HERE = {"lat": "49.4811", "long": "8.4464"}
ADDRESS = "Ludwigstraße 12, 67059 Ludwigshafen"
CSV = "street,house_number,zipcode,city,lat,long\nLudwigstraße,12,67059,Ludwigshafen,49.4812,8.4464"


def near(api: Api, language: str = "de", **query: str) -> dict[str, Any]:
    """What is told of a place."""
    found = api.client.get("/places/near", query_string=HERE | query, headers={"Accept-Language": language})
    assert found.status_code == 200
    assert found.headers["Cache-Control"].startswith("private")
    told: dict[str, Any] = found.get_json()
    return told


def test_tells_the_next_address_and_what_is_open_there(api: Api, core: Core) -> None:
    address_list.replace_list(core, first_city(), iter(CSV.splitlines()))
    number = api.report(**HERE)
    api.report(lat="49.4900", long="8.4400")
    told = near(api)
    assert told["address"] == ADDRESS
    assert told["position"] == "Position: 49,48110° Nord, 8,44640° Ost"
    assert [report["href"] for report in told["reports"]] == [f"/reports/{number}"]
    assert "Ganz in der Nähe ist schon eine Meldung offen" in told["message"]
    assert "One report close by" in near(api, "en")["message"]


def test_held_and_closed_reports_are_not_told(api: Api) -> None:
    api.report(service_code="MARKIERUNG", **HERE)
    assert near(api)["reports"] == []


def test_outside_the_city_is_said(api: Api) -> None:
    told = near(api, lat="52.5", long="13.4")
    assert told["inside"] is False
    assert "außerhalb von Ludwigshafen am Rhein" in told["message"]


@pytest.mark.parametrize(
    "place", [{"lat": "", "long": ""}, {"lat": "x", "long": "8"}, {"lat": "91", "long": "8"}]
)
def test_a_place_that_cannot_be_read_is_400(api: Api, place: dict[str, str]) -> None:
    assert api.client.get("/places/near", query_string=place).status_code == 400


def test_a_geocoder_elsewhere_is_asked_the_way_back(make_core: MakeCore) -> None:
    named = {"road": "Ludwigstraße", "house_number": "12", "postcode": "67059", "city": "Ludwigshafen"}
    body = json.dumps({"lat": "49.4811", "lon": "8.4464", "display_name": "x", "address": named})
    with a_stranger(lambda _: Reply(body)) as server:
        api = an_api(make_core(OPEN311_GEOCODER=server.url))
        assert near(api)["address"] == ADDRESS
    assert server.asked[0].path.startswith("/reverse?lat=49.4811&lon=8.4464")
    # And away, it costs the address, not the answer.
    assert near(api, lat="49.4812")["address"] == ""


class OneWay:
    """A geocoder that only searches, as those of operators may."""

    def search(self, words: str, **_: Any) -> list[Place]:
        """Nothing."""
        return []


def test_a_geocoder_that_does_not_know_the_way_back_is_not_asked(make_core: MakeCore) -> None:
    assert not isinstance(OneWay(), geocoder.ReverseGeocoder)
    api = an_api(make_core(OPEN311_GEOCODER="tests.site.test_places:OneWay"))
    assert near(api)["address"] == ""
