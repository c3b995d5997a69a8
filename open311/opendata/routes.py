"""Everything this front door answers, for the application to mount."""

from flask import Blueprint, Flask
from flask_smorest import Api

from open311.opendata import answers, changes, exports, lists, statistics, streets, tiles
from open311.opendata.ogc import routes as ogc

DOCUMENTED = (lists.blueprint, exports.blueprint, changes.blueprint, statistics.blueprint)
APART: tuple[Blueprint, ...] = (tiles.blueprint, ogc.blueprint)
# How errors below these addresses are told.
ERROR_RENDERERS = {"/tiles": answers.error_answer, "/ogc": ogc.error_answer}

# Importing these adds their views to the blueprint of the tiles.
ROOMS = (streets,)


def install(app: Flask, api: Api) -> None:
    """Mount the addresses of open data; those under `/open311` join the OpenAPI document."""
    for documented in DOCUMENTED:
        api.register_blueprint(documented)
    for apart in APART:
        app.register_blueprint(apart)
