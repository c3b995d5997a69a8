"""Views of the list that somebody keeps: made from the filters at hand, named, put in order, removed."""

from flask import request
from flask.typing import ResponseReturnValue

from open311.actions.desk import views
from open311.base.errors import Invalid
from open311.http import current
from open311.http.errors import in_words
from open311.model.access.actor import Right
from open311.staff.blueprint import page, redirect_to, staff
from open311.staff.forms import posted
from open311.staff.lists import filters
from open311.staff.lists.filters import Filter
from open311.staff.rendering import render
from open311.storage.desk.lists import views as storage


@page("/reports/views", Right.SEE_REPORTS, methods=("GET", "POST"))
def saved_views() -> ResponseReturnValue:
    """One's own views and those of one's units; the form below the list keeps another."""
    if request.method == "GET":
        return _page()
    city, _, unit = posted("share").partition(" ")
    chosen = filters.of_request()
    try:
        views.add(current.core(), staff(), posted("name"), chosen.values, city, unit)
    except Invalid as refused:
        return _page(chosen=chosen, errors={"name": in_words(refused.problems[0])})
    return redirect_to("reports", done="view_kept", **chosen.values)


@page("/reports/views/<id:view_id>/change", Right.SEE_REPORTS, methods=("POST",))
def view_change(view_id: int) -> ResponseReturnValue:
    """Give a view another name, count it or not."""
    try:
        views.change(current.core(), staff(), view_id, posted("name"), counted=bool(posted("counted")))
    except Invalid as refused:
        return _page(errors={f"name-{view_id}": in_words(refused.problems[0])})
    return redirect_to("saved_views", done="saved")


@page("/reports/views/<id:view_id>/move", Right.SEE_REPORTS, methods=("POST",))
def view_move(view_id: int) -> ResponseReturnValue:
    """Put a view before or behind another."""
    views.move(current.core(), staff(), view_id, {"up": -1, "down": 1}.get(posted("move"), 0))
    response = redirect_to("saved_views", done="saved")
    response.location = f"{response.location}#view-{view_id}"
    return response


@page("/reports/views/<id:view_id>/remove", Right.SEE_REPORTS, methods=("POST",))
def view_remove(view_id: int) -> ResponseReturnValue:
    views.remove(current.core(), staff(), view_id)
    return redirect_to("saved_views", done="view_removed")


def _page(chosen: Filter | None = None, errors: dict[str, str] | None = None) -> ResponseReturnValue:
    core, somebody = current.core(), staff()
    with core.database.read() as conn:
        kept = storage.offered(conn, somebody.account_id, views.shared_by(somebody, Right.SEE_REPORTS))
    catalogues = [core.catalogues.owner(city) for city in somebody.jurisdictions(Right.SEE_REPORTS)]
    return render(
        "lists/views.html",
        status=400 if errors else 200,
        errors=errors,
        chosen=chosen,
        typed=posted("name"),
        share=posted("share"),
        views=[
            (
                view,
                Filter(view.query).address(),
                [(name, filters.in_words(name, value, catalogues)) for name, value in view.query.items()],
                views.may_change(somebody, view),
            )
            for view in kept
        ],
    )
