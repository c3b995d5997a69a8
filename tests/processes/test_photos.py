"""Photos with a real server and a real worker."""

import re
import time
from pathlib import Path

import httpx2
import pytest

from benchmarks.site import DEPLOY, proxy
from tests.pictures import a_photo, opened, two_colours, written
from tests.ports import free_port
from tests.processes.running import PATIENCE_SECONDS, answers, children, executed, run, started, wait_for

MEBIBYTE = 1024 * 1024
# It takes 146 with Python 3.11 and 156 with 3.13; one of the large photos decoded in it would add a hundred.
MOST_MEMORY = 170 * MEBIBYTE


def memory(pid: int) -> int:
    """The most memory a process ever had."""
    status = Path(f"/proc/{pid}/status").read_text()
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM")) * 1024


@pytest.mark.slow
def test_photos_are_taken_in_served_and_made_small(fresh_database_url: str, tmp_path: Path) -> None:
    """R-190: large ones too, and no server process outgrows its memory."""
    port = free_port()
    environ = {
        "DATABASE_URL": fresh_database_url,
        "OPEN311_DATA_DIR": str(tmp_path / "data"),
        "PORT": str(port),
        "OPEN311_WORKERS": "1",
    }
    key = run("key", "add", "app", **environ).stdout.splitlines()[-1]
    large = written(two_colours(6000, 4000).effect_spread(2), quality=95)
    base = f"http://127.0.0.1:{port}"
    with (
        executed(tmp_path / "serve.log", "serve", **environ) as server,
        started(tmp_path / "work.log", "work", **environ),
        httpx2.Client(base_url=base, timeout=60) as client,
    ):
        assert wait_for(lambda: answers(port)), (tmp_path / "serve.log").read_text()
        fields = {
            "api_key": key,
            "service_code": without_questions(client),
            "lat": "49.4811",
            "long": "8.4464",
        }
        files = [("media[]", ("a.jpg", large)) for _ in range(4)] + [("photo", ("b.png", a_photo("PNG")))]
        give_up = time.monotonic() + PATIENCE_SECONDS
        while (
            answer := client.post("/open311/v2/requests.json", data=fields, files=files)
        ).status_code == 503:
            # A machine with no time for four large photos says when to come again.
            assert time.monotonic() < give_up
            time.sleep(int(answer.headers["Retry-After"]))
        assert answer.status_code == 200, answer.text
        number = answer.json()[0]["service_request_id"]
        staff = run("request", "publish", number, **environ)
        assert "Traceback" not in staff.stderr
        found = client.get(f"/open311/v2/requests/{number}.json", params={"extensions": "true"}).json()
        addresses = found[0]["extended_attributes"]["media_urls"]
        assert [opened(client.get(address).content).width for address in addresses] == [2560] * 4 + [64]
        small = addresses[0].replace("/media/", "/media/small/")
        assert wait_for(lambda: opened(client.get(small).content).width == 480), (
            tmp_path / "work.log"
        ).read_text()
        assert all(memory(pid) < MOST_MEMORY for pid in [server.pid, *children(server.pid)])


@pytest.mark.slow
def test_a_hidden_photo_is_gone_from_the_proxy_at_once(fresh_database_url: str, tmp_path: Path) -> None:
    """Also what the proxy writes down tells nothing that opens anything."""
    tmp_path.chmod(0o711)
    port, front = free_port(), free_port()
    environ = {
        "DATABASE_URL": fresh_database_url,
        "OPEN311_DATA_DIR": str(tmp_path / "data"),
        "OPEN311_WORKERS": "1",
        "OPEN311_TRUSTED_PROXIES": "1",
    }
    key = run("key", "add", "app", **environ).stdout.splitlines()[-1]
    with (
        started(tmp_path / "serve.log", "serve", PORT=str(port), **environ),
        proxy(tmp_path, [port], front),
        httpx2.Client(base_url=f"http://127.0.0.1:{front}", timeout=60) as client,
    ):
        assert wait_for(lambda: answers(port)), (tmp_path / "serve.log").read_text()
        place = {"service_code": without_questions(client), "lat": "49.4811", "long": "8.4464"}
        answer = client.post(
            "/open311/v2/requests.json",
            data={"api_key": key, **place},
            files={"media": ("a.jpg", a_photo("JPEG"))},
        )
        number = answer.json()[0]["service_request_id"]
        run("request", "publish", number, **environ)
        found = client.get(f"/open311/v2/requests/{number}.json", params={"api_key": key}).json()
        photo = found[0]["media_url"]
        assert [client.get(photo).status_code for _ in range(3)] == [200] * 3
        run("request", "hide", number, "--reason", "Gesicht", **environ)
        assert client.get(photo).status_code == 404
        client.get("/report/abcdefghijklmnopqrstuvwxyz/details")
    written_down = (tmp_path / "nginx-access.log").read_text() + (tmp_path / "nginx-error.log").read_text()
    assert f'"path":"/open311/v2/requests/{number}.json"' in written_down
    assert key not in written_down
    assert "abcdefghijklmnopqrstuvwxyz" not in written_down


def test_the_proxy_finds_its_folders() -> None:
    """Those that Debian's package makes: nginx makes the last folder of each path, and no other."""
    paths = re.findall(r"(?<=\s)/var/[\w./]+", (DEPLOY / "nginx.conf").read_text())
    assert len(paths) == 3
    assert [path for path in paths if not Path(path).parent.is_dir()] == []


def without_questions(client: httpx2.Client) -> str:
    """The code of a service whose reports need no answers."""
    for service in client.get("/open311/v2/services.json").json():
        if service["metadata"] is False and service["type"] == "realtime":
            return str(service["service_code"])
    pytest.fail("every service asks something")
