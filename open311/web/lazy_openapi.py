"""flask-smorest with lazy OpenAPI: documents are made at first use, since that takes longer than everything else."""

from collections.abc import Callable
from threading import RLock
from typing import Any

import flask
from apispec import APISpec
from flask_smorest import Api, Blueprint

View = Callable[..., Any]


class LazyApi(Api):  # type: ignore[misc]
    """An API whose blueprints are mounted at once, and described when its document is first asked for."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        # Reentrant: describing asks for the document itself.
        self._describing = RLock()
        self._undescribed: list[Any] = []
        super().__init__(*args, **kwargs)

    @property
    def spec(self) -> APISpec:
        with self._describing:
            if self._undescribed:
                blueprints, self._undescribed = self._undescribed, []
                self.describe(self._spec, blueprints)
            return self._spec

    @spec.setter
    def spec(self, spec: APISpec) -> None:
        self._spec = spec

    def describe(self, spec: APISpec, blueprints: list[Any]) -> None:
        """Write into the document what these answer; called once."""
        for blueprint in blueprints:
            blueprint.register_views_in_doc(self, self._app, spec, name=blueprint.name, parameters=None)
            spec.tag({"name": blueprint.name, "description": blueprint.description})
        # flask-smorest describes a way of paging that is not ours.
        spec.components.schemas.pop("PaginationMetadata", None)

    def register_blueprint(self, blueprint: Any, **_: Any) -> None:
        """Mount a blueprint; it is described with the others."""
        self._app.extensions["flask-smorest"]["blp_name_to_api"][blueprint.name] = self
        self._app.register_blueprint(blueprint)
        self._undescribed.append(blueprint)


class LazyBlueprint(Blueprint):  # type: ignore[misc]
    """A blueprint whose views are described when its API is."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._descriptions: dict[str, tuple[str, Callable[[], View]]] = {}

    def mount(
        self, rule: str, endpoint: str, view: View, method: str, described: Callable[[], View] | None = None
    ) -> None:
        """Have a view answer at an address; `described` is the view with what flask-smorest is to say of it."""
        # Bypasses flask-smorest, which would describe the view at once.
        flask.Blueprint.add_url_rule(self, rule, endpoint, view, methods=[method])
        if described:
            self._descriptions[endpoint] = method, described

    def register_views_in_doc(self, *args: Any, **kwargs: Any) -> None:
        for endpoint, (method, described) in self._descriptions.items():
            # Blueprints are made once in a process, applications several times in tests.
            if endpoint not in self._docs:
                self._store_endpoint_docs(endpoint, described(), None, None, methods=[method])
        super().register_views_in_doc(*args, **kwargs)
