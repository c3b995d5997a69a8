"""Alerts and the dashboard ask for figures that the server has."""

import json
import re
from collections.abc import Iterator

import pytest
import yaml

from tests.house.documents import ROOT
from tests.serving import Api

FOLDER = ROOT / "deploy" / "prometheus"
NAME = re.compile(r"\bopen311_\w+")
# Of these a server has rows only when there is something: replicas, mails, webhooks, forwards, jobs.
SERIES = re.compile(r"^# TYPE (\w+)", re.MULTILINE)
# What is written as a warning or worse: the name in a call, or that of a fault which is told by its kind.
WRITTEN = re.compile(r'(?:\.(?:warning|error|exception)\(\s*|^    event = )"([a-z_]+)"', re.MULTILINE)


def expressions() -> Iterator[str]:
    """What the alerts and the panels ask for."""
    for group in yaml.safe_load((FOLDER / "alerts.yml").read_text())["groups"]:
        yield from (rule["expr"] for rule in group["rules"])
    for panel in json.loads((FOLDER / "dashboard.json").read_text())["panels"]:
        yield from (target["expr"] for target in panel["targets"])


@pytest.fixture
def known(api: Api) -> set[str]:
    """The names of all metrics."""
    return set(SERIES.findall(api.client.get("/metrics").text))


def test_each_figure_that_is_asked_for_is_there(known: set[str]) -> None:
    asked = {name for expression in expressions() for name in NAME.findall(expression)}
    assert {re.sub(r"_bucket$", "", name) for name in asked} - known == set()


def test_each_alert_says_what_it_means() -> None:
    for group in yaml.safe_load((FOLDER / "alerts.yml").read_text())["groups"]:
        for rule in group["rules"]:
            assert rule["labels"]["severity"] in ("page", "ticket"), rule["alert"]
            assert rule["annotations"]["summary"], rule["alert"]


def test_each_warning_and_error_of_the_log_is_explained() -> None:
    """A name in the code is one in the table of docs/operations.md, and the other way round."""
    code = "\n".join(file.read_text(encoding="utf-8") for file in (ROOT / "open311").rglob("*.py"))
    written = set(WRITTEN.findall(code))
    assert "database_unavailable" in written
    page = (ROOT / "docs/operations.md").read_text(encoding="utf-8")
    rows = page.partition("| `event` |")[2].partition("\n\n")[0].splitlines()[2:]
    assert {name for row in rows for name in re.findall(r"`([a-z_]+)`", row.split("|")[1])} == written
