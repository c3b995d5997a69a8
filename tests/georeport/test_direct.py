"""What is answered past the framework is what the framework would answer, header for header."""

from dataclasses import replace
from typing import Any

import pytest

from open311.core import Core
from open311.georeport.direct import FastPath
from open311.http.parsing.normalise import Normaliser
from tests.client import client_of
from tests.georeport.surface import FORMATS, a_city
from tests.serving import Clock, MakeCore, an_api

QUESTIONS = (
    "requests{}",
    "requests{}?page_size=2",
    "requests{}?page=2&limit=1&foo=a%20b&foo=%C3%BC&empty=",
    "requests{}?extensions=true",
    "requests{}?extensions=true&lat=49.48&long=8.44&radius=500",
    "requests{}?bbox=8,49,9,50&status=open,closed&sort=-updated",
    "requests{}?start_date=2026-03-01&end_date=2026-03-02&locale=en",
    "requests{}?updated_after=2026-03-01T00:00:00Z",
    "requests{}?q=Laterne",
    "requests{}?service_code=NICHTS",
    "requests{}?service_request_id=100001,1",
    "requests{}?start_date=tomorrow",
    "requests{}?page_size=many",
    "requests{}?jurisdiction_id=nowhere",
    "requests{}?cursor=rubbish",
    "requests/1{}",
    "requests/{{}}{}",
    "requests/{{}}{}?extensions=1&locale=de",
    "requests/x{}",
    "/requests{}/",
)
NOT_ALIKE = ("X-Request-Id", "Last-Modified")


@pytest.fixture
def core(make_core: MakeCore) -> Core:
    return make_core(a_city())


def normaliser_of(client: Any) -> Any:
    """What stands in front of the framework, and of the way past it, in a server."""
    layer = client.server
    while not isinstance(layer, Normaliser):
        layer = layer._application
    return layer


def test_with_and_without_the_framework_the_answer_is_the_same(core: Core) -> None:
    """R-199: body, status and headers, in both formats, in both languages, right or wrong."""
    api = an_api(core)
    first, *_ = (api.report(description=f"Laterne Nummer {number}") for number in range(3))
    with_it, without = client_of(core), client_of(core)
    counted: list[str] = []
    normaliser, other_normaliser = normaliser_of(with_it), normaliser_of(without)
    assert isinstance(normaliser, Normaliser)
    assert isinstance(normaliser.app, FastPath)
    other_normaliser.app = other_normaliser.app._application
    framework = normaliser.app._application

    def counting(*given: Any) -> Any:
        counted.append("")
        return framework(*given)

    normaliser.app._application = counting
    for question in QUESTIONS:
        for suffix in FORMATS:
            for language in ("de", "en-GB, de;q=0.5", ""):
                path = f"{api.base}/{question.format(suffix).format(first)}"
                answers = [
                    client.get(path, headers={"Accept-Language": language}) for client in (with_it, without)
                ]
                one, other = ({*answer.headers.items()} for answer in answers)
                assert {header for header in one ^ other if header[0] not in NOT_ALIKE} == set(), path
                assert (answers[0].status, answers[0].data) == (answers[1].status, answers[1].data), path
    # Only what is wrong was left to the framework.
    assert len(counted) <= 8 * len(FORMATS) * 3


def test_what_the_same_parameters_mean_follows_the_clock_and_the_catalogue(core: Core, clock: Clock) -> None:
    api = an_api(core)
    number = api.report(description="Laterne")
    [catalogue] = core.catalogues.in_force

    def numbers(**query: str) -> list[str]:
        return [request["service_request_id"] for request in api.raw("/requests.json", **query).json or []]

    word = catalogue.published_status.detailed_status
    assert numbers(detailed_status=word) == numbers(detailed_status=word) == [number]
    renamed = {code: replace(known, detailed_status="NEW_WORD") for code, known in catalogue.statuses.items()}
    core.catalogues.in_force = [replace(catalogue, statuses=renamed, digest="another")]
    assert numbers(detailed_status="NEW_WORD") == [number]
    assert numbers(detailed_status=word) == []
    assert numbers() == [number]
    clock.forward(days=1000)
    assert numbers() == []
