"""An export lasts as long as its reader likes, so one address gets only a few at once."""

from pathlib import Path

from open311.http.caching.response_cache import MOST_BYTES_EACH
from open311.opendata.streets import LARGEST_OF_A_PAGE, UNIT_BYTES, UNITS_A_MINUTE
from tests.serving import Api, MakeCore, an_api

STREETS = "/tiles/ludwigshafen.de/streets.pmtiles"


def test_no_more_than_two_are_sent_to_one_address(api: Api) -> None:
    address = f"{api.base}/export.ndjson"
    unread = [api.client.get(address) for _ in range(3)]
    assert [response.status_code for response in unread] == [200, 200, 429]
    assert int(unread[-1].headers["Retry-After"]) > 0
    unread[0].close()
    assert api.client.get(address).status_code == 200


def test_those_who_only_ask_take_no_place(api: Api) -> None:
    address = f"{api.base}/export.csv"
    tag = api.client.get(address).headers["ETag"]
    asked = [api.client.head(address).status_code for _ in range(4)]
    asked += [api.client.get(address, headers={"If-None-Match": tag}).status_code for _ in range(4)]
    assert asked == [200] * 4 + [304] * 4


def test_a_copied_file_of_streets_takes_a_share_and_tiles_of_it_do_not(
    make_core: MakeCore, tmp_path: Path
) -> None:
    file = tmp_path / "city.pmtiles"
    file.write_bytes(bytes(MOST_BYTES_EACH + 1))
    api = an_api(make_core(OPEN311_MAP_FILE=str(file)))
    assert [api.client.head(STREETS).status_code for _ in range(4)] == [200] * 4
    unread = [api.client.get(STREETS), api.client.get(STREETS, headers={"Range": "bytes=0-2000000"})]
    unread.append(api.client.get(STREETS))
    assert [response.status_code for response in unread] == [200, 206, 429]
    for _ in range(5):
        with api.client.get(STREETS, headers={"Range": "bytes=100-50099"}) as tile:
            assert len(tile.data) == 50_000
    assert len(unread[0].data) == MOST_BYTES_EACH + 1
    unread[0].close()
    unread.append(api.client.get(STREETS))
    assert unread[-1].status_code == 200
    for response in unread:
        response.close()


def test_small_parts_of_that_file_have_a_limit_in_bytes(make_core: MakeCore, tmp_path: Path) -> None:
    file = tmp_path / "city.pmtiles"
    file.write_bytes(bytes(LARGEST_OF_A_PAGE))
    limits = {"OPEN311_RATE_LIMIT_GET": "1000", "OPEN311_RATE_LIMITS": "on"}
    api = an_api(make_core(OPEN311_MAP_FILE=str(file), **limits))
    most = UNITS_A_MINUTE * UNIT_BYTES // LARGEST_OF_A_PAGE
    codes = []
    for _ in range(most + 1):
        with api.client.get(STREETS) as response:
            codes.append(response.status_code)
    assert codes == [200] * most + [429]
