"""Everything this front door answers, for the application to mount."""

from flask import Flask
from flask_smorest import Api

from open311.opendata import changes, exports, lists, tiles

DOCUMENTED = (lists.blueprint, exports.blueprint, changes.blueprint)
APART = (tiles.blueprint,)


def install(app: Flask, api: Api) -> None:
    """Mount the addresses of open data; those under `/open311` join the OpenAPI document."""
    for blueprint in DOCUMENTED:
        api.register_blueprint(blueprint)
    for blueprint in APART:
        app.register_blueprint(blueprint)
