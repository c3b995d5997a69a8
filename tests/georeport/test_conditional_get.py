"""A client that has the newest answer already is told so, and gets no body (georeport.md 5.13)."""

import time
from types import SimpleNamespace

import pytest

from open311.actions import catalogue_publication
from open311.core import Core
from tests.georeport.surface import FORMATS, a_city, reads
from tests.serving import Api, Clock, MakeCore, an_api


@pytest.fixture
def api(core: Core) -> Api:
    return an_api(core)


@pytest.fixture
def core(make_core: MakeCore) -> Core:
    return make_core(a_city())


@pytest.fixture
def seconds(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """The clock by which changes are dated, which moves only when told to."""
    clock = SimpleNamespace(now=time.time())
    monkeypatch.setattr("open311.storage.database.freshness.time", SimpleNamespace(time=lambda: clock.now))
    return clock


def again(api: Api, path: str, etag: str, **headers: str) -> int:
    response = api.client.get(f"{api.base}{path}", headers={"If-None-Match": etag} | headers)
    assert response.status_code == 200 or response.data == b""
    return response.status_code


def test_an_answer_that_did_not_change_is_304_without_a_body(api: Api) -> None:
    """R-199: of every resource, with the headers a cache needs to keep what it has."""
    for path in reads(api):
        for suffix in ("", *FORMATS):
            first = api.raw(path + suffix)
            etag = first.headers["ETag"]
            second = api.client.get(f"{api.base}{path}{suffix}", headers={"If-None-Match": etag})
            assert (second.status_code, second.data) == (304, b"")
            for name in ("ETag", "Cache-Control", "Vary", "Access-Control-Allow-Origin"):
                assert second.headers[name] == first.headers[name]


@pytest.mark.parametrize("form", ["{}", '"other", {}', "*"])
def test_one_of_several_tags_is_enough(api: Api, form: str) -> None:
    """R-199."""
    etag = api.raw("/services.json").headers["ETag"]
    assert again(api, "/services.json", form.format(etag)) == 304


@pytest.mark.parametrize("etag", ['"other"', 'W/"other"', "rubbish", '"', "", "a" * 10_000])
def test_a_foreign_tag_changes_nothing(api: Api, etag: str) -> None:
    """R-199."""
    assert again(api, "/services.json", etag) == 200


def test_each_format_language_and_question_has_a_tag_of_its_own(api: Api) -> None:
    """R-199: otherwise a cache would show German to an English reader."""
    api.report()
    api.report()
    asked = [
        "services.json",
        "services.xml",
        "services.json?locale=en",
        "requests.json?page_size=1",
        "requests.json",
    ]
    assert len({api.client.get(f"{api.base}/{request}").headers["ETag"] for request in asked}) == len(asked)


def test_a_compressed_answer_has_the_tag_of_the_plain_one(api: Api) -> None:
    """R-199: the tag is weak, so it may stand for both."""
    etag = api.raw("/services/FAHRZEUG_ALT.json").headers["ETag"]
    assert etag.startswith("W/")
    assert again(api, "/services/FAHRZEUG_ALT.json", etag, **{"Accept-Encoding": "gzip"}) == 304


def test_a_visible_change_brings_a_new_tag(api: Api, clock: Clock) -> None:
    """R-199: the list changes with a new report; a report that stays keeps its tag."""
    first = api.report()
    before = {path: api.raw(path).headers["ETag"] for path in ("/requests.json", f"/requests/{first}.json")}
    clock.forward(minutes=1)
    api.report()
    assert again(api, "/requests.json", before["/requests.json"]) == 200
    assert again(api, f"/requests/{first}.json", before[f"/requests/{first}.json"]) == 304


def test_a_new_catalogue_brings_new_tags(make_core: MakeCore, clock: Clock) -> None:
    """R-199, R-067: discovery and services alike."""
    core = make_core(a_city())
    api = an_api(core)
    before = {path: api.raw(path).headers["ETag"] for path in ("/discovery.json", "/services.json")}
    clock.forward(days=1)
    catalogue_publication.publish(core)
    assert [again(api, path, etag) for path, etag in before.items()] == [200, 200]


def test_errors_and_posts_are_not_kept(api: Api) -> None:
    """R-199: only what was found can be found unchanged."""
    for suffix in FORMATS:
        missing = api.raw(f"/services/NICHTS{suffix}")
        assert (missing.headers["Cache-Control"], missing.headers.get("ETag")) == ("no-store", None)
        refused = api.client.post(f"{api.base}/requests{suffix}", headers={"If-None-Match": "*"})
        assert (refused.status_code, refused.headers["Cache-Control"]) == (403, "no-store")


def test_each_resource_says_how_long_it_may_be_kept(api: Api) -> None:
    """R-199: the catalogue for minutes, requests not without asking, tokens not at all."""
    kept = dict(
        zip(("discovery", "services", "definition", "requests", "request", "token"), reads(api), strict=True)
    )
    control = {name: api.raw(f"{path}.json").headers["Cache-Control"] for name, path in kept.items()}
    assert {control[name] for name in ("discovery", "services", "definition")} == {"public, max-age=300"}
    assert {control[name] for name in ("requests", "request")} == {"public, no-cache"}
    assert control["token"] == "no-store"


def test_an_answer_got_after_the_last_change_is_known_by_its_date(
    api: Api, core: Core, seconds: SimpleNamespace
) -> None:
    """R-199: also by `If-Modified-Since`, but never in the second of a change itself."""
    core.database.freshness.listening = True
    path = f"{api.base}/requests.json"
    api.report()
    assert "Last-Modified" not in api.client.get(path).headers
    # A clock of whole seconds cannot tell what came before a change from what came after it.
    seconds.now += 1.1
    first = api.client.get(f"{path}?again")
    known = {"If-Modified-Since": first.headers["Last-Modified"]}
    assert api.client.get(f"{path}?again", headers=known).status_code == 304
    api.report()
    assert api.client.get(f"{path}?again", headers=known).status_code == 200


@pytest.mark.parametrize("date", ["yesterday", "", "Thu, 01 Jan 1970 00:00:00 GMT", "9" * 400])
def test_an_odd_or_early_date_changes_nothing(
    api: Api, core: Core, seconds: SimpleNamespace, date: str
) -> None:
    """R-199."""
    core.database.freshness.listening = True
    seconds.now += 1.1
    answer = api.client.get(f"{api.base}/services.json", headers={"If-Modified-Since": date})
    assert answer.status_code == 200
