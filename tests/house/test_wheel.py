"""A wheel holds everything that a server needs where there is no checkout."""

import json
import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

from open311 import __version__
from open311.base import version
from open311.site import assets
from open311.site.list.maps import LIBRARY, STYLES
from open311.web import docs
from tests.house.documents import ROOT


def test_the_wheel_is_a_whole_server(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(tmp_path)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    [wheel] = tmp_path.glob("*.whl")
    record = json.loads(ZipFile(wheel).read("open311/shipped/build.json"))
    assert wheel.name == f"open311_server-{record['version']}-py3-none-any.whl"
    assert record["version"].startswith(__version__.removesuffix("0"))
    assert record["commit"] == version.build().commit
    inside = {name.removeprefix("open311/shipped/") for name in ZipFile(wheel).namelist()}
    package = [file for file in (ROOT / "open311").rglob("*.*") if file.is_file() and file.suffix != ".pyc"]
    migrations = [file for file in (ROOT / "migrations").rglob("*.*") if file.suffix in (".py", ".sql")]
    shipped = [ROOT / "categories.yaml", *migrations, *(ROOT / "schemas").iterdir()]
    front_end = [
        assets.VENDORS["kern"] / "kern.min.css",
        *(assets.VENDORS["maplibre"] / name for name in (LIBRARY, STYLES)),
        *(docs.FILES / name for name in ("swagger-ui-bundle.js", "swagger-ui.css")),
    ]
    wanted = {file.relative_to(ROOT).as_posix() for file in (*package, *shipped)}
    wanted |= {file.relative_to(assets.PACKAGES.parent).as_posix() for file in front_end}
    assert wanted - inside == set()
