"""What deploy/ ships: the units of the package, the image, the compose file and the chart fit the server."""

import configparser
import getpass
import hashlib
import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from open311.cli import COMMANDS
from open311.settings.options import OPTIONS
from tests.house.documents import ROOT

DEPLOY = ROOT / "deploy"
SETTINGS = {option.variable for option in OPTIONS}
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))
PROGRAM = "/opt/open311/bin/open311"


def unit(file: Path) -> dict[str, Any]:
    """The keys of [Service]; of one that stands there twice, the last."""
    parser = configparser.ConfigParser(interpolation=None, strict=False)
    parser.optionxform = str  # type: ignore[assignment, method-assign]
    parser.read(file)
    return dict(parser["Service"])


@pytest.mark.parametrize("file", UNITS, ids=lambda file: file.stem)
def test_a_unit_runs_a_command_as_its_own_user_and_gives_up_the_rest(file: Path) -> None:
    service = unit(file)
    words = service["ExecStart"].split()
    assert words[0] == PROGRAM
    assert words[1] in COMMANDS
    assert (service["User"], service["EnvironmentFile"]) == ("open311", "/etc/open311/open311.env")
    others = {
        "ExecStart",
        "Type",
        "LimitNOFILE",
        "Restart",
        "RestartSec",
        "TimeoutStopSec",
        "KillMode",
        "TimeoutStartSec",
    }
    common = {key: value for key, value in service.items() if key not in others}
    assert common == {key: value for key, value in unit(UNITS[0]).items() if key not in others}
    assert {"NoNewPrivileges", "ProtectSystem", "PrivateUsers", "SystemCallFilter"} <= common.keys()
    # A service ends its own processes in order.
    assert ("TimeoutStopSec" in service) == (service.get("KillMode") == "mixed")


def test_each_setting_that_is_shipped_is_one() -> None:
    compose = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
    values = yaml.safe_load((DEPLOY / "helm/open311/values.yaml").read_text())
    text = "\n".join((DEPLOY / name).read_text() for name in ("open311.env", "Containerfile"))
    named = set(re.findall(r"^\s*#?((?:OPEN311_|DATABASE_)[A-Z0-9_]+)=", text, re.MULTILINE))
    named |= set(re.findall(r"\b(OPEN311_[A-Z0-9_]+)=", text))
    assert {"DATABASE_URL", "OPEN311_DATA_DIR"} <= named
    assert named | compose["x-open311"]["environment"].keys() | values["settings"].keys() <= SETTINGS


def test_each_service_of_the_compose_file_runs_a_command_and_waits_for_the_tables() -> None:
    services = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"]
    ours = {name: service for name, service in services.items() if "open311-server" in service["image"]}
    assert ours.keys() == {"upgrade", "web", "worker"}
    for name, service in ours.items():
        assert service.get("command", ["serve"])[0] in COMMANDS
        assert service["read_only"], name
        assert service["cap_drop"] == ["ALL"]
    for name in ("web", "worker"):
        assert services[name]["depends_on"]["upgrade"] == {"condition": "service_completed_successfully"}


def packaged_command(folder: Path, *words: str, **given: str) -> subprocess.CompletedProcess[str]:
    """The command of the package on settings and a program in a folder; the program prints its sender and its words."""
    (folder / "program").write_text('#!/bin/sh\nprintf "%s" "${OPEN311_MAIL_FROM:-}" "$@"\n')
    (folder / "program").chmod(0o755)
    text = (DEPLOY / "debian/open311").read_text()
    for theirs, mine in {
        "settings=/etc/open311/open311.env": f"settings={folder}/settings",
        "user=open311": f"user={getpass.getuser()}",
        PROGRAM: f"{folder}/program",
    }.items():
        assert theirs in text
        text = text.replace(theirs, mine)
    return subprocess.run(
        ["sh", "-c", text, "open311", *words],
        env={"PATH": "/usr/bin:/bin", **given},
        capture_output=True,
        text=True,
        check=True,
    )


@pytest.mark.parametrize(
    ("given", "line", "value"),
    [
        ({}, "OPEN311_MAIL_FROM=a b $HOME `id`", "a b $HOME `id`"),
        ({}, 'OPEN311_MAIL_FROM="a b"', "a b"),
        ({}, "OPEN311_MAIL_FROM=a=b", "a=b"),
        ({}, "#OPEN311_MAIL_FROM=a", ""),
        ({"OPEN311_MAIL_FROM": "mine"}, "OPEN311_MAIL_FROM=a", "mine"),
    ],
)
def test_the_command_reads_the_settings_as_the_services_do(
    tmp_path: Path, given: dict[str, str], line: str, value: str
) -> None:
    (tmp_path / "settings").write_text(f"# of the city\n\n{line}\nNOT A SETTING\n")
    done = packaged_command(tmp_path, " doctor", **given)
    assert done.stdout == f"{value} doctor"


def test_the_command_says_which_file_its_user_may_not_read(tmp_path: Path) -> None:
    """Root sees the file in its home, the command does not."""
    for name, text in {"id": "echo 0", "setpriv": 'shift 4\n[ "$1" = test ] && exit 1\nexec "$@"'}.items():
        (tmp_path / name).write_text(f"#!/bin/sh\n{text}\n")
        (tmp_path / name).chmod(0o755)
    (tmp_path / "settings").touch()
    (tmp_path / "list.csv").touch()
    words = ("addresses", "import", f"{tmp_path}/list.csv")
    done = packaged_command(tmp_path, *words, PATH=f"{tmp_path}:/usr/bin:/bin")
    assert done.stdout == "".join(words)
    assert f"may not read {tmp_path}/list.csv; put it" in done.stderr
    assert done.stderr.count("\n") == 1


def test_patroni_loses_no_acknowledged_report_and_keeps_its_own_rule_of_time() -> None:
    settings = yaml.safe_load((DEPLOY / "patroni/patroni.yml").read_text())["bootstrap"]["dcs"]
    assert settings["synchronous_mode"]
    assert settings["synchronous_mode_strict"]
    assert settings["postgresql"]["parameters"]["synchronous_commit"] == "on"
    assert settings["ttl"] >= settings["loop_wait"] + 2 * settings["retry_timeout"]


class Chart:
    """Renders what the chart uses of Go's templates, to look at what Kubernetes would be told."""

    FOLDER = DEPLOY / "helm/open311"
    TAG = re.compile(r"(\s*)\{\{-?\s*(.*?)\s*-?\}\}", re.DOTALL)

    def __init__(self, **changed: object) -> None:
        values = yaml.safe_load((self.FOLDER / "values.yaml").read_text()) | changed
        self.context = {"Values": values, "Release": {"Name": "city"}}
        self.pod = (self.FOLDER / "templates/_pod.tpl").read_text()

    def documents(self) -> list[dict[str, Any]]:
        """All that is to be made."""
        files = sorted((self.FOLDER / "templates").glob("*.yaml"))
        return [
            document
            for file in files
            for document in yaml.safe_load_all(self.render(file.read_text()))
            if document
        ]

    def render(self, text: str, args: object = None) -> str:
        """The text of a template."""
        condition = re.compile(r"\s*\{\{-? if (\S+) \}\}((?:(?!\{\{-? if).)*?)\s*\{\{-? end \}\}", re.DOTALL)
        while found := condition.search(text):
            body = found[2] if self.value(found[1]) else ""
            text = text[: found.start()] + body + text[found.end() :]
        return self.TAG.sub(lambda found: self.tag(found, args), text)

    def tag(self, found: re.Match[str], args: object) -> str:
        """What stands in the place of one tag."""
        space, words = found[1], found[2]
        if include := re.fullmatch(
            r'include "open311.pod" \(dict "root" \. "args" \(list (.*)\)\) \| nindent 6', words
        ):
            define = re.search(r'define "open311.pod" -\}\}\n(.*)\{\{- end', self.pod, re.DOTALL)
            assert define
            body = self.render(define[1].replace(".root.", "."), re.findall(r'"([^"]+)"', include[1]))
            return "\n" + "\n".join(f"      {line}" for line in body.strip().splitlines())
        path, *pipe = (word.strip() for word in words.split("|"))
        value = args if path == ".args" else self.value(path)
        assert pipe in ([], ["quote"], ["toJson"], ["toJson", "sha256sum"]), words
        text = json.dumps(value) if pipe else str(value)
        return space + (hashlib.sha256(text.encode()).hexdigest() if "sha256sum" in pipe else text)

    def value(self, path: str) -> Any:
        """What a path such as .Values.web.replicas stands for."""
        value: Any = self.context
        for name in path.removeprefix(".").split("."):
            value = value[name]
        return value


@pytest.mark.parametrize("catalogue", ["", "jurisdiction:\n  id: city.example\n"])
def test_the_chart_makes_workloads_without_rights_whose_parts_fit(catalogue: str) -> None:
    made = {
        (document["kind"], document["metadata"]["name"]): document
        for document in Chart(catalogue=catalogue).documents()
    }
    assert len(made) == 7 + bool(catalogue)
    workloads = {name: document for (kind, name), document in made.items() if kind in ("Deployment", "Job")}
    assert workloads.keys() == {"city-web", "city-worker", "city-upgrade"}
    for workload in workloads.values():
        pod = workload["spec"]["template"]["spec"]
        [container] = pod["containers"]
        assert container["args"][0] in COMMANDS
        assert container["securityContext"]["readOnlyRootFilesystem"]
        assert pod["securityContext"]["runAsNonRoot"]
        volumes = {volume["name"] for volume in pod["volumes"]}
        assert {mount["name"] for mount in container["volumeMounts"]} == volumes
        assert ("catalogue" in volumes) == bool(catalogue)
        maps = {source["configMapRef"]["name"] for source in container["envFrom"] if "configMapRef" in source}
        assert {("ConfigMap", name) for name in maps} <= made.keys()
    web = made["Deployment", "city-web"]["spec"]
    assert web["selector"]["matchLabels"] == web["template"]["metadata"]["labels"]
    assert made["Service", "city-web"]["spec"]["selector"] == web["selector"]["matchLabels"]
    assert web["template"]["spec"]["containers"][0]["readinessProbe"]["httpGet"]["path"] == "/readyz"


def test_other_settings_make_new_pods_and_a_first_catalogue_holds_up_no_update() -> None:
    """Kubernetes leaves pods alone whose text is the same, and a job for ever that waits for a map made after it."""

    def pods(**changed: object) -> dict[str, Any]:
        made = Chart(catalogue="jurisdiction:\n  id: city.example\n", **changed).documents()
        return {
            one["metadata"]["name"]: one["spec"]["template"]
            for one in made
            if one["kind"] in ("Deployment", "Job")
        }

    before, after = pods(), pods(settings={"OPEN311_BASE_URL": "https://other.example"})
    for name in ("city-web", "city-worker"):
        assert before[name]["metadata"]["annotations"] != after[name]["metadata"]["annotations"]
    [source] = [one["configMap"] for one in before["city-upgrade"]["spec"]["volumes"] if "configMap" in one]
    assert source["optional"]


def test_the_image_that_is_made_is_the_one_that_compose_asks_for(tmp_path: Path) -> None:
    builder = tmp_path / "bin/buildah"
    builder.parent.mkdir()
    builder.write_text("#!/bin/sh\nprintf '%s\\n' \"$@\"\n")
    builder.chmod(0o755)
    environ = {"PATH": f"{builder.parent}:/usr/bin:/bin", "HOME": str(tmp_path)}
    checkout = tmp_path / "checkout"
    git = ["git", "-c", "user.name=Kim", "-c", "user.email=kim@example.org"]
    subprocess.run([*git, "init", "--quiet", str(checkout)], check=True, env=environ)
    subprocess.run(
        [*git, "commit", "--quiet", "--allow-empty", "-m", "x"], check=True, env=environ, cwd=checkout
    )
    done = subprocess.run(
        [str(ROOT / "tools/build-image.sh")],
        check=True,
        env=environ,
        cwd=checkout,
        capture_output=True,
        text=True,
    )
    words = done.stdout.split()
    tags = {words[place + 1] for place, word in enumerate(words) if word == "--tag"}
    asked = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["x-open311"]["image"]
    assert asked == "${IMAGE:-open311-server:latest}"
    assert "open311-server:latest" in tags
    assert len(tags) == 2


def test_nginx_asks_the_one_server_that_the_package_starts() -> None:
    """A server that does not run is asked again every two seconds, and two of those in a row are a 502."""
    text = (DEPLOY / "nginx.conf").read_text()
    default = next(option.default for option in OPTIONS if option.variable == "PORT")
    assert re.findall(r"^    server (\S+) max_fails", text, re.MULTILINE) == [f"127.0.0.1:{default}"]


def client_of(address: str) -> str:
    """Who nginx counts, by the table in its configuration."""
    table = (DEPLOY / "nginx.conf").read_text().partition("map $remote_addr $open311_client {")[2]
    for pattern, group in re.findall(r'"~(\S+)" \$(\w+);', table.partition("\n}")[0]):
        if match := re.search(pattern.replace("(?<", "(?P<"), address):
            return match[group]
    return address


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::9", True),
        ("2001:db8::1", "2001:db8::abcd:2:3:4", True),
        ("2001:db8:1::5", "2001:db8:1::7:0:1", True),
        ("2001:db8::4:1:2:3:4", "2001:db8::4:9:2:3:4", True),
        ("2001::4:1:2:3:4", "2001::5:1:2:3:4", False),
        ("2001:db8:1:2::9", "2001:db8:1:3::9", False),
        ("2001:db8::1", "2001:db8:1::1", False),
        ("192.0.2.7", "192.0.2.8", False),
    ],
)
def test_nginx_counts_a_network_however_its_addresses_are_written(
    one: str, other: str, *, alike: bool
) -> None:
    assert (client_of(one) == client_of(other)) is alike
