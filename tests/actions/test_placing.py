"""Reports that came with an address alone get its place afterwards, where it is clear which (georeport.md 2.3)."""

from typing import Any

import pytest
from sqlalchemy import Connection

from open311.actions import casework
from open311.actions.addresses import address_list
from open311.core import Core
from open311.model.service_request import Location
from open311.model.task_names import TaskName
from tests.actors import CLARA
from tests.builders import a_catalogue, a_service
from tests.jobs import work
from tests.serving import Api, MakeCore, an_api, first_city

HOUSES = """street,house_number,zipcode,city,lat,long
Ludwigstraße,12,67059,Ludwigshafen,49.4812,8.4464
Gartenstraße,3,67059,Ludwigshafen,49.4790,8.4390
Gartenstraße,3,67065,Ludwigshafen,49.4500,8.4300
"""


@pytest.fixture
def core(make_core: MakeCore) -> Core:
    """A Core with a list of addresses, whose reports are published at once."""
    core = make_core(a_catalogue(a_service(moderated=False)))
    address_list.replace_list(core, first_city(), iter(HOUSES.splitlines()))
    return core


def placed(core: Core, conn: Connection, api: Api, address: str) -> Any:
    """What everybody reads of a report with this address alone, once the worker has looked at it."""
    number = api.report(lat=None, long=None, address_string=address)
    assert work(core, conn, TaskName.FIND_PLACE) == 1
    [request] = api.get(f"/requests/{number}")
    assert request["address"] == address
    return request["lat"], request["long"]


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("Ludwigstraße 12, 67059 Ludwigshafen", (49.4812, 8.4464)),
        ("Ludwigstr. 12, Mitte, Ludwigshafen am Rhein, 67059", (49.4812, 8.4464)),
        ("ludwigstraße 12", (49.4812, 8.4464)),
        ("Gartenstraße 3, Ludwigshafen, 67065", (49.45, 8.43)),
        pytest.param("Gartenstraße 3, Ludwigshafen", (None, None), id="two of that name"),
        pytest.param("Ludwigstraße", (None, None), id="a whole street"),
        pytest.param("Ludwigstraße 99, 67059 Ludwigshafen", (None, None), id="a house that is not there"),
        pytest.param("Hinter der Pfalzgrafenhalle", (None, None), id="no address"),
    ],
)
def test_the_house_that_an_address_surely_names(
    core: Core, conn: Connection, address: str, place: tuple[float | None, float | None]
) -> None:
    """R-104, R-177."""
    assert placed(core, conn, an_api(core), address) == place


def test_a_place_that_staff_have_set_meanwhile_stays(core: Core, conn: Connection) -> None:
    api = an_api(core)
    number = api.report(lat=None, long=None, address_string="Ludwigstraße 12")
    casework.relocate(core, int(number), Location(49.47, 8.44), CLARA)
    work(core, conn, TaskName.FIND_PLACE)
    [request] = api.get(f"/requests/{number}")
    assert (request["lat"], request["long"]) == (49.47, 8.44)


def test_nobody_looks_for_a_place_that_was_sent_or_without_a_geocoder(
    core: Core, conn: Connection, make_core: MakeCore
) -> None:
    an_api(core).report(address_string="Ludwigstraße 12")
    without = make_core(a_catalogue(a_service(moderated=False)), OPEN311_GEOCODER="none")
    an_api(without).report(lat=None, long=None, address_string="Ludwigstraße 12")
    assert work(core, conn, TaskName.FIND_PLACE) == 0
