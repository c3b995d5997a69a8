"""An export lasts as long as its reader likes, so one address gets only a few at once."""

from tests.serving import Api


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
