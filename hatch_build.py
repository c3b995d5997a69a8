"""Puts the front-end packages into the wheel, as far as pages ask for them, so that an installed server is whole."""

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

WANTED = (
    "@kern-ux/native/LICENSE.md",
    "@kern-ux/native/dist/kern.min.css",
    "maplibre-gl/LICENSE.txt",
    "maplibre-gl/dist/maplibre-gl.css",
    "maplibre-gl/dist/maplibre-gl.mjs",
    "maplibre-gl/dist/maplibre-gl-shared.mjs",
    "maplibre-gl/dist/maplibre-gl-worker.mjs",
    "swagger-ui-dist/LICENSE",
    "swagger-ui-dist/NOTICE",
    "swagger-ui-dist/swagger-ui.css",
    "swagger-ui-dist/swagger-ui-bundle.js",
    "swagger-ui-dist/swagger-ui-bundle.js.LICENSE.txt",
)


class FrontEnd(BuildHookInterface[Any]):
    """A wheel can be built without them too; then its pages are plain, and the builder is told."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Add the files to a wheel; an editable installation finds them where npm put them."""
        if version == "editable":
            return
        packages = Path(self.root, "node_modules")
        for pattern in WANTED:
            found = sorted(packages.glob(pattern))
            if not found:
                self.app.display_warning(f"{pattern} is missing in node_modules; run `make wheel` instead")
            for file in found:
                place = file.relative_to(packages).as_posix()
                build_data["force_include"][str(file)] = f"open311/shipped/node_modules/{place}"
