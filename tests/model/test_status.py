"""Which moves of a request are allowed, and what each one changes."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from open311.base.errors import Invalid
from open311.base.i18n import translate
from open311.base.problems import in_words
from open311.model import status
from open311.model.service_request import Status, Visibility
from open311.model.updates import moves_to
from tests.builders import a_catalogue, a_service_request

STATUSES = a_catalogue().statuses
LATER = datetime(2026, 3, 5, 12, 0, tzinfo=UTC)


def test_closing_keeps_the_moment() -> None:
    """R-176"""
    changes = status.change_status(a_service_request(), STATUSES["fixed"], "Abgeholt.", LATER)
    assert changes == {
        "status": Status.CLOSED,
        "detailed_status": "fixed",
        "status_notes": "Abgeholt.",
        "closed_datetime": LATER,
    }


def test_correcting_the_reason_leaves_the_closing_moment() -> None:
    """R-176"""
    closed = a_service_request(status=Status.CLOSED, detailed_status="fixed", closed_datetime=LATER)
    changes = status.change_status(closed, STATUSES["fixed"], None, LATER + timedelta(days=1))
    assert changes["closed_datetime"] == LATER


def test_reopening_forgets_the_closing_moment() -> None:
    closed = a_service_request(status=Status.CLOSED, detailed_status="fixed", closed_datetime=LATER)
    changes = status.change_status(closed, STATUSES["in_process"], None, LATER)
    assert (changes["status"], changes["closed_datetime"]) == (Status.OPEN, None)


def test_nothing_is_closed_before_it_is_reported() -> None:
    """R-176"""
    request = a_service_request()
    early = request.requested_datetime - timedelta(hours=1)
    changes = status.change_status(request, STATUSES["fixed"], None, early)
    assert changes["closed_datetime"] == request.requested_datetime


def test_a_report_that_is_open_again_is_not_a_new_one() -> None:
    """New are those that nobody has checked, and the word for both is `open`."""
    known = replace(STATUSES["in_process"], default=True)
    catalogue = a_catalogue(statuses=dict(STATUSES) | {known.code: known})
    assert STATUSES["received"].update_status == "open"
    closed = a_service_request(status=Status.CLOSED, detailed_status="fixed")
    assert moves_to("open", closed, catalogue) == known


@pytest.mark.parametrize("notes", [None, "neu", ""])
def test_a_note_goes_with_its_status(notes: str | None) -> None:
    request = a_service_request(status_notes="alt")
    assert status.change_status(request, STATUSES["in_process"], notes, LATER)["status_notes"] == notes


def test_a_note_stays_while_the_status_does() -> None:
    request = a_service_request(status_notes="alt")
    same = STATUSES[request.detailed_status]
    assert "status_notes" not in status.change_status(request, same, None, LATER)
    assert status.change_status(request, same, "neu", LATER)["status_notes"] == "neu"


@pytest.mark.parametrize(
    ("now", "to", "allowed"),
    [
        (Visibility.HELD, Visibility.PUBLISHED, True),
        (Visibility.HELD, Visibility.HIDDEN, True),
        (Visibility.HELD, Visibility.HELD, False),
        (Visibility.PUBLISHED, Visibility.HIDDEN, True),
        (Visibility.PUBLISHED, Visibility.HELD, False),
        (Visibility.PUBLISHED, Visibility.PUBLISHED, False),
        (Visibility.HIDDEN, Visibility.PUBLISHED, True),
        (Visibility.HIDDEN, Visibility.HELD, False),
        (Visibility.HIDDEN, Visibility.HIDDEN, False),
    ],
)
def test_visibility_moves(now: Visibility, to: Visibility, allowed: bool) -> None:
    """R-174: what was published or hidden never goes back to the queue of the unchecked."""
    request = a_service_request(visibility=now)
    if allowed:
        assert status.change_visibility(request, to) == {"visibility": to}
    else:
        with pytest.raises(Invalid) as refused:
            status.change_visibility(request, to)
        told = in_words(refused.value.problems[0], "de")
        assert now.value not in told
        assert translate(f"desk.visibility.{now}", "de") in told
