"""`/open311/v2/docs`: the OpenAPI document, readable and to be tried out. Swagger UI comes from the npm package."""

from flask import Blueprint, Flask, Response, render_template, send_from_directory

from open311.base.errors import NotFound, problem
from open311.http import current, urls
from open311.settings import shipped

FILES = shipped("node_modules") / "swagger-ui-dist"
NEEDED = frozenset({"swagger-ui.css", "swagger-ui-bundle.js"})
blueprint = Blueprint("docs", __name__, url_prefix=f"{urls.GEOREPORT_V2}/docs", static_folder="../static")
# Swagger UI sets style attributes; scripts come from files alone.
POLICY = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'"


def install(app: Flask) -> None:
    """Add the page and its files."""
    app.register_blueprint(blueprint)


@blueprint.get("")
def page() -> Response:
    """The documentation page of the endpoint it was asked at; without JavaScript it links to the document itself."""
    root = current.root()
    endpoint = urls.SANDBOX_V2 if current.sandbox() else urls.GEOREPORT_V2
    installed = (FILES / "swagger-ui-bundle.js").is_file()
    html = render_template(
        "docs.html", document=f"{root}{endpoint}/openapi.json", root=root, installed=installed
    )
    return Response(html, headers={"Content-Security-Policy": POLICY, "Cache-Control": "public, max-age=300"})


@blueprint.get("/ui/<path:name>")
def files(name: str) -> Response:
    """The files of Swagger UI that the page needs. Its own page is none of them: it names a server elsewhere."""
    if name not in NEEDED:
        raise NotFound(problem("error.path"))
    return send_from_directory(FILES, name, max_age=86400)


page.access = files.access = "public"  # type: ignore[attr-defined]
