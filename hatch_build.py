"""What a wheel gets beside the package: the front-end packages that pages ask for, and the commit it was built from."""

import json
import re
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

WANTED = (
    "@kern-ux/native/LICENSE.md",
    "@kern-ux/native/dist/kern.min.css",
    "@protomaps/basemaps/dist/esm/index.js",
    "fflate/LICENSE",
    "maplibre-gl/LICENSE.txt",
    "maplibre-gl/dist/maplibre-gl.css",
    "maplibre-gl/dist/maplibre-gl.mjs",
    "maplibre-gl/dist/maplibre-gl-shared.mjs",
    "maplibre-gl/dist/maplibre-gl-worker.mjs",
    "pmtiles/dist/pmtiles.js",
    "swagger-ui-dist/LICENSE",
    "swagger-ui-dist/NOTICE",
    "swagger-ui-dist/swagger-ui.css",
    "swagger-ui-dist/swagger-ui-bundle.js",
    "swagger-ui-dist/swagger-ui-bundle.js.LICENSE.txt",
)


def version() -> str:
    """That of `open311/__init__.py`; between releases with the number of the commit, so that pip sees an update."""
    source = Path(__file__).with_name("open311") / "__init__.py"
    stated = re.search(r'__version__ = "(.+)"', source.read_text(encoding="utf-8"))
    assert stated
    commits, commit = _git("rev-list", "--count", "HEAD"), _git("rev-parse", "--short=12", "HEAD")
    if not stated[1].endswith(".dev0") or not commit:
        return stated[1]
    return f"{stated[1].removesuffix('0')}{commits}+g{commit}"


def _git(*words: str) -> str | None:
    """What git says about this checkout; None where there is none, as in an unpacked source archive."""
    folder = Path(__file__).parent
    if not (folder / ".git").exists():
        return None
    try:
        return subprocess.run(
            ["git", "-C", folder, *words], capture_output=True, text=True, check=True
        ).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return None


class Contents(BuildHookInterface[Any]):
    """A wheel can be built without them too; then its pages are plain, and the builder is told."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Add the files to a wheel; an editable installation finds them where npm put them."""
        if version == "editable":
            return
        self._add_record(build_data)
        packages = Path(self.root, "node_modules")
        for pattern in WANTED:
            found = sorted(packages.glob(pattern))
            if not found:
                self.app.display_warning(f"{pattern} is missing in node_modules; run `make wheel` instead")
            for file in found:
                place = file.relative_to(packages).as_posix()
                build_data["force_include"][str(file)] = f"open311/shipped/node_modules/{place}"

    def _add_record(self, build_data: dict[str, Any]) -> None:
        commit = _git("describe", "--always", "--dirty", "--abbrev=12", "--exclude=*")
        record = {"version": self.metadata.version, "commit": commit}
        self._folder = tempfile.TemporaryDirectory()
        file = Path(self._folder.name, "build.json")
        file.write_text(json.dumps(record), encoding="utf-8")
        build_data["force_include"][str(file)] = "open311/shipped/build.json"
