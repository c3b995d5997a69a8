"""The private cluster: kept between starts, alone in its folder, gone with its owner."""

import multiprocessing
import os
import pwd
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from open311.base.errors import ConfigurationError
from open311.base.temporary import temporary_folder
from open311.dev import private_cluster
from open311.dev.private_cluster.places import socket_folder
from tests.processes.running import PATIENCE_SECONDS, alive, wait_for

HOLD = """
import sys
from pathlib import Path
from open311.dev import private_cluster

with private_cluster.cluster(Path(sys.argv[1])) as cluster:
    print(cluster.ensure_database("open311"), flush=True)
    sys.stdin.read()
"""


@pytest.fixture(scope="module")
def made() -> Iterator[Path]:
    """A cluster that was made, used and stopped."""
    with temporary_folder("test") as home:
        home.chmod(0o711)
        with private_cluster.cluster(home) as cluster:
            cluster.ensure_database("open311")
        yield home / "postgres"


@pytest.fixture
def used_folder(folder: Path, made: Path) -> Path:
    """A folder with a copy of it: to make one takes longer than most tests of what becomes of it."""
    subprocess.run(["cp", "--archive", made, folder], check=True)
    return folder


@contextmanager
def another_process(folder: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A process that runs the cluster in `folder`, and the address of its database."""
    command = [sys.executable, "-c", HOLD, str(folder)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        yield process, process.stdout.readline().strip()


def write(url: str, number: int) -> None:
    with psycopg.connect(url) as connection:
        connection.execute("create table if not exists kept (number int)")
        connection.execute("insert into kept values (%s)", [number])


def read(url: str) -> list[int]:
    with closing(psycopg.connect(url)) as connection:
        return [number for (number,) in connection.execute("select number from kept order by 1")]


def server_pid(folder: Path) -> int:
    return int((folder / "postgres/data/postmaster.pid").read_text().split()[0])


def test_data_is_kept_between_starts(folder: Path) -> None:
    for number in (1, 2):
        with private_cluster.cluster(folder) as cluster:
            write(cluster.ensure_database("open311"), number)
    with private_cluster.cluster(folder) as cluster:
        assert read(cluster.url("open311")) == [1, 2]


def test_database_has_postgis(used_folder: Path) -> None:
    with (
        private_cluster.cluster(used_folder) as cluster,
        psycopg.connect(cluster.ensure_database("a b")) as connection,
    ):
        found = connection.execute("select st_x(st_makepoint(8.4, 49.5))").fetchone()
    assert found == (8.4,)


def test_killed_owner_takes_the_server_along_and_loses_nothing(used_folder: Path) -> None:
    with another_process(used_folder) as (owner, url):
        write(url, 1)
        pid = server_pid(used_folder)
        owner.kill()
    assert wait_for(lambda: not alive(pid))
    with private_cluster.cluster(used_folder) as cluster:
        assert read(cluster.url("open311")) == [1]


def test_starts_at_once_after_everything_was_killed(used_folder: Path) -> None:
    with another_process(used_folder) as (owner, url):
        write(url, 1)
        os.kill(server_pid(used_folder), signal.SIGKILL)
        owner.kill()
    with private_cluster.cluster(used_folder) as cluster:
        assert read(cluster.url("open311")) == [1]


def test_second_start_in_one_folder_says_who_runs_it(used_folder: Path) -> None:
    with another_process(used_folder) as (owner, _):
        expected = f"in {used_folder} is already running, started by process {owner.pid}"
        with pytest.raises(ConfigurationError, match=expected), private_cluster.cluster(used_folder):
            pass
        owner.communicate("")


def test_running_cluster_is_found_by_others(used_folder: Path) -> None:
    assert private_cluster.running_url(used_folder, "open311") is None
    with another_process(used_folder) as (owner, url):
        assert private_cluster.running_url(used_folder, "open311") == url
        owner.communicate("")
    assert private_cluster.running_url(used_folder, "open311") is None


def test_very_deep_folder_works(folder: Path) -> None:
    deep = folder / ("a" * 100) / ("ä ö" * 30)
    deep.mkdir(parents=True)
    with private_cluster.cluster(deep) as cluster:
        write(cluster.ensure_database("open311"), 1)


def test_folder_that_only_its_owner_may_enter_works(folder: Path) -> None:
    folder.chmod(0o700)
    said: list[str] = []
    for number in (1, 2):
        with private_cluster.cluster(folder, say=said.append) as cluster:
            write(cluster.ensure_database("open311"), number)
            assert len(read(cluster.url("open311"))) == number
    # Root's server runs as another user, for which a place elsewhere is found once.
    assert len(said) == (1 if os.geteuid() == 0 else 0)


def _as_nobody(folder: Path) -> None:
    if os.geteuid() == 0:
        nobody = pwd.getpwnam("nobody")
        os.setgroups([])
        os.setgid(nobody.pw_gid)
        os.setuid(nobody.pw_uid)
    os.environ.pop("XDG_RUNTIME_DIR", None)
    with private_cluster.cluster(folder) as cluster:
        write(cluster.ensure_database("open311"), 1)
        assert read(cluster.url("open311")) == [1]


def test_ordinary_user_runs_it(folder: Path) -> None:
    if os.geteuid() == 0:
        os.chown(folder, pwd.getpwnam("nobody").pw_uid, -1)
    process = multiprocessing.get_context("fork").Process(target=_as_nobody, args=(folder,))
    process.start()
    process.join(PATIENCE_SECONDS)
    assert process.exitcode == 0
    # Root takes over what an ordinary user began, as the same user.
    with private_cluster.cluster(folder) as cluster:
        assert read(cluster.url("open311")) == [1]


def test_socket_is_for_its_owner_alone(used_folder: Path) -> None:
    with private_cluster.cluster(used_folder) as cluster:
        sockets = Path(str(conninfo_to_dict(cluster.url("postgres"))["host"]))
        assert stat.S_IMODE(sockets.stat().st_mode) == 0o700
    assert not sockets.exists()


def test_socket_folder_open_to_others_is_refused(used_folder: Path) -> None:
    with private_cluster.cluster(used_folder) as cluster:
        sockets = Path(str(conninfo_to_dict(cluster.url("postgres"))["host"]))
    sockets.mkdir()
    sockets.chmod(0o777)
    try:
        with (
            pytest.raises(ConfigurationError, match="belongs to somebody else"),
            private_cluster.cluster(used_folder),
        ):
            pass
    finally:
        sockets.rmdir()


def test_socket_folders_that_killed_clusters_left_are_removed(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    left, running, new = (folder / f"open311-{number:012x}" for number in range(3))
    for sockets in (left, running, new):
        sockets.mkdir()
    (running / ".s.PGSQL.5432").touch()
    for sockets in (left, running):
        os.utime(sockets, (0, 0))
    socket_folder(folder / "postgres", None)
    assert [sockets.exists() for sockets in (left, running, new)] == [False, True, True]


def test_server_that_died_is_started_again(used_folder: Path) -> None:
    with private_cluster.cluster(used_folder) as cluster:
        write(cluster.ensure_database("open311"), 1)
        assert not cluster.renew()
        pid = server_pid(used_folder)
        os.kill(pid, signal.SIGKILL)
        assert wait_for(lambda: not alive(pid))
        assert cluster.renew()
        assert read(cluster.url("open311")) == [1]


def test_creation_cut_short_begins_anew(used_folder: Path) -> None:
    home = used_folder / "postgres"
    (home / "data").rename(home / "data.unfinished")
    with private_cluster.cluster(used_folder) as cluster:
        cluster.ensure_database("open311")


def test_lock_left_by_a_number_that_now_belongs_to_another_program(used_folder: Path) -> None:
    (used_folder / "postgres/data/postmaster.pid").write_text(f"{os.getpid()}\n")
    with private_cluster.cluster(used_folder) as cluster:
        cluster.ensure_database("open311")


def test_missing_postgis_is_told_with_the_command_that_installs_it() -> None:
    with pytest.raises(
        ConfigurationError, match="apt-get install -y --no-install-recommends postgresql-99-postgis-3"
    ):
        private_cluster.programs("99")


def test_folder_that_cannot_be_made_is_told(folder: Path) -> None:
    (folder / "var").write_text("a file")
    with (
        pytest.raises(ConfigurationError, match="private database cannot be started"),
        private_cluster.cluster(folder / "var"),
    ):
        pass
