"""Every page has two addresses: plain, where there is one city, and below the city's name, where there are several."""

from collections.abc import Callable, Sequence
from typing import Any

from flask import Blueprint, Flask, g, request
from werkzeug.routing import BaseConverter

from open311.base.errors import NotFound, problem
from open311.http import current
from open311.http.urls import CITY
from open311.model.catalogue import Catalogue

View = Callable[..., Any]


class CityConverter(BaseConverter):
    """The first part of an address as the name of a city: no word that begins an address of our own."""

    regex = CITY


class Pages(Blueprint):
    """A blueprint whose views are found at both addresses."""

    def page(
        self, rule: str, methods: Sequence[str] = ("GET",), access: str = "public"
    ) -> Callable[[View], View]:
        """Register a view; `rule` begins with `/`."""

        def register(view: View) -> View:
            view.access = access  # type: ignore[attr-defined]
            below = f"/<city:city>{rule}".rstrip("/")
            for path in (rule, below):
                self.add_url_rule(path, view.__name__, view, methods=list(methods))
            return view

        return register

    def fixed(self, rule: str) -> Callable[[View], View]:
        """Register a view that is found at one address, whichever cities there are."""

        def register(view: View) -> View:
            view.access = "public"  # type: ignore[attr-defined]
            self.add_url_rule(rule, view.__name__, view)
            return view

        return register


blueprint = Pages("pages", __name__)


def install(app: Flask) -> None:
    """Make city names readable in addresses; before the blueprint is mounted."""
    app.url_map.converters["city"] = CityConverter


@blueprint.before_request
def find_city() -> None:
    """Find the city of this page; none, where there are several cities and the address names none."""
    # Taken out, so that no view has to take an argument that it would not use.
    named = (request.view_args or {}).pop("city", None)
    in_force = current.core().catalogues.in_force
    if named is None:
        g.catalogue = in_force[0] if len(in_force) == 1 else None
        return
    g.catalogue = next(
        (catalogue for catalogue in in_force if catalogue.jurisdiction.answers_to(named)), None
    )
    if g.catalogue is None:
        raise NotFound(problem("error.path"))


def city() -> Catalogue:
    """The city whose page this is; missing where a name is needed and not given."""
    if g.catalogue is None:
        raise NotFound(problem("error.path"))
    catalogue: Catalogue = g.catalogue
    return catalogue
