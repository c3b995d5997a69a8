"""The Debian package: what is in it, and what its papers say."""

import json
import os
import re
import subprocess
from pathlib import Path
from zipfile import ZipFile

import pytest

from tests.house.documents import ROOT

UNITS = sorted((ROOT / "deploy" / "systemd").glob("*.service"))
# Of Markdown, to a file: without an address elsewhere, and without a heading.
LINK = re.compile(r"\]\((?![a-z]+:|#|/)([\w./-]+)[)#]")
# What is in the repository alone.
SOURCES = ("tests", "open311", "benchmarks")


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Debian package of a wheel in which there is nothing, and of no other packages."""
    folder = tmp_path_factory.mktemp("package")
    wheel = folder / "open311_server-0.2.0.dev7+gabc-py3-none-any.whl"
    info = "open311_server-0.2.0.dev7+gabc.dist-info"
    with ZipFile(wheel, "w") as file:
        file.writestr(
            f"{info}/METADATA", "Metadata-Version: 2.1\nName: open311-server\nVersion: 0.2.0.dev7+gabc\n"
        )
        file.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        file.writestr(f"{info}/RECORD", "")
    (folder / "none").mkdir()
    subprocess.run(
        ["tools/build-deb.sh", wheel, folder / "none"],
        cwd=ROOT,
        env={"PATH": "/usr/bin:/bin", "OUT": str(folder)},
        check=True,
        capture_output=True,
    )
    [made] = folder.glob("*.deb")
    return made


def dpkg(option: str, package: Path, *more: str) -> str:
    """What dpkg-deb says of a package."""
    done = subprocess.run(["dpkg-deb", option, package, *more], check=True, capture_output=True, text=True)
    return done.stdout


def test_the_package_sorts_before_its_release_and_names_the_python_it_needs(package: Path) -> None:
    fields = dict(line.split(": ", 1) for line in dpkg("--field", package).splitlines() if ": " in line)
    assert fields["Version"].startswith("0.2.0~dev7+gabc+deb")
    assert re.match(r"python3\.\d+, ", fields["Depends"])
    assert "@" not in dpkg("--field", package).replace("open311@localhost", "")


def test_the_package_keeps_what_the_city_writes_and_shows_secrets_to_nobody(package: Path) -> None:
    lines = {line.split()[5]: line.split()[:2] for line in dpkg("--contents", package).splitlines()}
    kept = dpkg("--info", package, "conffiles").split()
    assert kept == ["/etc/open311/open311.env", "/etc/open311/categories.yaml"]
    assert lines["./etc/open311/open311.env"] == ["-rw-r-----", "root/root"]
    assert {f"./usr/lib/systemd/system/{file.name}" for file in UNITS} <= lines.keys()
    assert not [name for name in lines if "tmp" in name.split("/")[1:2]]


def test_the_catalogue_of_the_package_names_a_schema_that_comes_with_it(
    package: Path, tmp_path: Path
) -> None:
    dpkg("--extract", package, str(tmp_path))
    first = (tmp_path / "etc/open311/categories.yaml").read_text(encoding="utf-8").partition("\n")[0]
    schema = tmp_path / first.partition("$schema=/")[2]
    assert json.loads(schema.read_text(encoding="utf-8"))["properties"]["services"]


@pytest.mark.parametrize("name", ["postinst", "prerm", "postrm"])
def test_the_scripts_of_the_package_can_be_read(package: Path, name: str) -> None:
    subprocess.run(["sh", "-n"], input=dpkg("--info", package, name), text=True, check=True)


def test_what_the_papers_of_the_package_link_to_comes_with_it(package: Path, tmp_path: Path) -> None:
    dpkg("--extract", package, str(tmp_path))
    papers = tmp_path / "usr/share/doc/open311-server"
    links = {
        os.path.relpath(paper.parent / link, papers)
        for paper in papers.rglob("*.md")
        for link in LINK.findall(paper.read_text(encoding="utf-8"))
    }
    wanted = {link for link in links if link.partition("/")[0] not in SOURCES}
    assert {"docs/pictures/desk-check.webp", "categories.yaml"} <= wanted
    there = {link for link in wanted if os.path.lexists(papers / link)}
    # Behind a link of the package lies what another path of it holds.
    schemas = {link for link in wanted if (tmp_path / "usr/share/open311-server" / link).is_file()}
    assert wanted - there - schemas == set()


def test_pip_takes_the_lock_as_it_is() -> None:
    """It is complete, and one of its packages contradicts it."""
    papers = [*(ROOT / "docs").glob("*.md"), ROOT / "Makefile"]
    lines = [line for paper in papers for line in paper.read_text(encoding="utf-8").splitlines()]
    installs = [line for line in lines if "--require-hashes -r requirements" in line]
    assert len(installs) == 3
    assert [line for line in installs if "--no-deps" not in line] == []
