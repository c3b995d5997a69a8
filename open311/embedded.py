"""The private PostGIS cluster behind `open311 dev` and the tests.

A PostgreSQL server of our own, started as a child process from the distribution's binaries. It listens on no port, only
on a socket that its owner alone may enter, keeps its data between starts, and ends with the process that started it.
"""

import fcntl
import hashlib
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self
from urllib.parse import quote

import psycopg
from psycopg import sql

from open311.errors import ConfigurationError

PROGRAMS = Path("/usr/lib/postgresql")
EXTENSIONS = Path("/usr/share/postgresql")
SPARE_HOME = Path("/var/lib/open311")
LONGEST_SOCKET_FOLDER = 93
PATIENCE = 15.0
MAJOR_OF_RELEASE = {"debian 12": 15, "debian 13": 17, "ubuntu 22.04": 14, "ubuntu 24.04": 16}
SETTINGS = {
    "listen_addresses": "",
    "port": "5432",
    "unix_socket_permissions": "0700",
    "work_mem": "16MB",
    "maintenance_work_mem": "128MB",
    "max_wal_size": "4GB",
    "random_page_cost": "1.1",
    "jit": "off",
    "timezone": "UTC",
}
HASTY = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


@dataclass(frozen=True, slots=True)
class Account:
    """The operating system's user that the server runs as."""

    uid: int
    gid: int


def cluster(data_dir: Path, *, durable: bool = True, say: Callable[[str], None] | None = None) -> "Cluster":
    """The private cluster that lives in `data_dir/postgres`; use it in a `with` statement.

    Only tests give up `durable`. `say` gets the rare line that the operator should read.
    """
    return Cluster(data_dir, durable, say or _to_standard_error)


def running_url(data_dir: Path, name: str) -> str | None:
    """The address of database `name` in the cluster that some process keeps running in `data_dir`; None without one."""
    try:
        lines = (data_dir / "postgres/data/postmaster.pid").read_text().splitlines()
    except OSError:
        return None
    if len(lines) < 5 or _program_of(lines[0]) != "postgres":
        return None
    return _url(Path(lines[4]), name)


def programs(major: str | None = None) -> Path:
    """The folder of the newest PostgreSQL that has PostGIS, or of version `major`; `ConfigurationError` without one."""
    found = [
        folder.name
        for folder in PROGRAMS.glob("[1-9]*")
        if (folder / "bin/postgres").exists()
        and (EXTENSIONS / folder.name / "extension/postgis.control").exists()
    ]
    wanted = [name for name in found if major in (None, name)]
    if not wanted:
        package = f"postgresql-{major}-postgis-3" if major else _package()
        raise ConfigurationError(
            "PostGIS is missing; install it with: apt-get update && "
            f"apt-get install -y --no-install-recommends {package}"
            " (or set DATABASE_URL to a PostGIS database)"
        )
    return PROGRAMS / max(wanted, key=float) / "bin"


class Cluster:
    """A PostgreSQL server of our own; started on entering the `with` block, stopped on leaving it."""

    def __init__(self, data_dir: Path, durable: bool, say: Callable[[str], None]) -> None:
        self.data_dir = data_dir.absolute()
        self.durable = durable
        self.say = say
        self._lock: IO[str] | None = None
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        try:
            self._lock = _locked(self.data_dir)
            self._prepare()
            self._start()
        except OSError as reason:
            self._close()
            raise ConfigurationError(f"the private database cannot be started: {reason}") from reason
        except BaseException:
            self._close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._close()

    def url(self, name: str) -> str:
        """The address of database `name`, as libpq reads it."""
        return _url(self._sockets, name)

    def ensure_database(self, name: str) -> str:
        """Create database `name` with PostGIS unless it is there; its address."""
        with closing(psycopg.connect(self.url("postgres"), autocommit=True)) as connection:
            known = connection.execute("select 1 from pg_database where datname = %s", [name])
            if not known.fetchone():
                connection.execute(
                    sql.SQL("create database {} template template0").format(sql.Identifier(name))
                )
        with closing(psycopg.connect(self.url(name), autocommit=True)) as connection:
            if not connection.execute("select 1 from pg_extension where extname = 'postgis'").fetchone():
                connection.execute("create extension postgis")
        return self.url(name)

    def renew(self) -> bool:
        """Start the server again if it died or an upgrade replaced its program; whether it did.

        Call it now and then, from the main thread: the kernel ends the server with the thread that started it.
        """
        assert self._process is not None
        if self._process.poll() is None and _fingerprint(self._programs) in ("", self._fingerprint):
            return False
        self._stop()
        self._start()
        return True

    def _prepare(self) -> None:
        self._home, self._account = _home(self.data_dir, self.say)
        self._data = self._home / "data"
        version = self._data / "PG_VERSION"
        self._programs = programs(version.read_text().strip() if version.exists() else None)
        self._sockets = _socket_folder(self._home, self._account)
        if not version.exists():
            self._create()

    def _create(self) -> None:
        # initdb cut short leaves a folder that looks whole, so it works beside the final place.
        unfinished = self._home / "data.unfinished"
        shutil.rmtree(unfinished, ignore_errors=True)
        options = ["--encoding=UTF8", "--locale=C.UTF-8", "--auth=trust", "--no-instructions"]
        options += ["--data-checksums"] if self.durable else ["--no-sync"]
        made = subprocess.run(
            [
                *_command(self._account),
                f"{self._programs}/initdb",
                "-D",
                unfinished,
                "-U",
                "postgres",
                *options,
            ],
            **_surroundings(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        if made.returncode:
            raise ConfigurationError(f"the private database cannot be created: {_last_line(made.stdout)}")
        unfinished.rename(self._data)

    def _start(self) -> None:
        log = self.data_dir / "postgres.log"
        if log.exists():
            log.replace(log.with_suffix(".log.1"))
        _forget_a_reused_pid(self._data / "postmaster.pid")
        give_up = time.monotonic() + PATIENCE
        while not self._start_once(log):
            said = log.read_bytes()
            # After a kill -9 the dead server holds its lock until it is reaped, its last children their memory.
            held = b"already exists" in said or b"still in use" in said
            if not held or time.monotonic() > give_up:
                raise ConfigurationError(
                    f"the private database cannot be started: {_last_line(said)} (see {log})"
                )
            time.sleep(0.2)

    def _start_once(self, log: Path) -> bool:
        settings = SETTINGS | {
            "unix_socket_directories": str(self._sockets),
            "shared_buffers": _shared_buffers(),
        }
        settings |= {} if self.durable else HASTY
        options = [f"--{name}={value}" for name, value in settings.items()]
        self._fingerprint = _fingerprint(self._programs)
        with log.open("wb") as output:
            self._process = subprocess.Popen(
                [*_command(self._account), f"{self._programs}/postgres", "-D", self._data, *options],
                **_surroundings(),
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        return self._answers(self._process)

    def _answers(self, process: subprocess.Popen[bytes]) -> bool:
        while process.poll() is None:
            try:
                psycopg.connect(self.url("postgres"), connect_timeout=5).close()
            except psycopg.OperationalError:
                time.sleep(0.01)
            else:
                return True
        return False

    def _close(self) -> None:
        self._stop()
        if self._lock:
            self._lock.close()

    def _stop(self) -> None:
        if self._process is None:
            return
        for ending in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
            self._process.send_signal(ending)
            try:
                self._process.wait(PATIENCE)
                return
            except subprocess.TimeoutExpired:
                continue


def _to_standard_error(line: str) -> None:
    print(line, file=sys.stderr)


def _url(sockets: Path, name: str) -> str:
    return f"postgresql://postgres@/{quote(name)}?host={quote(str(sockets))}&port=5432"


def _package() -> str:
    try:
        lines = Path("/etc/os-release").read_text().splitlines()
    except OSError:
        lines = []
    release = dict(line.split("=", 1) for line in lines if "=" in line)
    name = f"{release.get('ID', '')} {release.get('VERSION_ID', '')}".replace('"', "")
    major = MAJOR_OF_RELEASE.get(name)
    return f"postgresql-{major}-postgis-3" if major else "postgis 'postgresql-*-postgis-3'"


def _locked(data_dir: Path) -> IO[str]:
    data_dir.mkdir(parents=True, exist_ok=True)
    lock = (data_dir / "postgres.lock").open("a+")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.seek(0)
        holder = lock.read().strip() or "another process"
        lock.close()
        raise ConfigurationError(
            f"the private database in {data_dir} is already running, started by {holder}; "
            "stop that first, or set OPEN311_DATA_DIR to another folder"
        ) from None
    lock.truncate(0)
    lock.write(f"process {os.getpid()}")
    lock.flush()
    return lock


def _home(data_dir: Path, say: Callable[[str], None]) -> tuple[Path, Account | None]:
    home = data_dir / "postgres"
    if home.exists():
        return home.resolve(), _owner(home)
    if home.is_symlink():
        home.unlink()
    if os.geteuid() != 0:
        home.mkdir(mode=0o700)
        return home, None
    account = _postgres_account()
    if _may_enter(data_dir, account):
        home.mkdir(mode=0o700)
    else:
        SPARE_HOME.mkdir(mode=0o755, exist_ok=True)
        home.symlink_to(tempfile.mkdtemp(dir=SPARE_HOME, prefix="postgres-"))
        say(f"User postgres may not enter {data_dir}, so the database is kept in {home.resolve()}")
    os.chown(home, account.uid, account.gid)
    return home.resolve(), account


def _postgres_account() -> Account:
    try:
        entry = pwd.getpwnam("postgres")
    except KeyError:
        programs()
        raise ConfigurationError(
            "PostgreSQL does not run as root, and there is no user postgres; make one with: "
            "adduser --system --group --home /var/lib/postgresql postgres"
        ) from None
    return Account(entry.pw_uid, entry.pw_gid)


def _owner(home: Path) -> Account | None:
    if os.geteuid() != 0:
        return None
    owner = home.stat()
    if owner.st_uid == 0:
        return _postgres_account()
    return Account(owner.st_uid, owner.st_gid)


def _may_enter(folder: Path, account: Account) -> bool:
    command = [*_command(account), "test", "-x", str(folder)]
    return subprocess.run(command, **_surroundings()).returncode == 0


def _socket_folder(home: Path, account: Account | None) -> Path:
    name = "open311-" + hashlib.sha256(os.fsencode(home)).hexdigest()[:12]
    for parent in _socket_parents():
        folder = parent / name
        if len(os.fsencode(folder)) > LONGEST_SOCKET_FOLDER or not os.access(parent, os.W_OK):
            continue
        if account and not _may_enter(parent, account):
            continue
        return _private_folder(folder, account)
    raise ConfigurationError(
        "the private database needs a writable temporary folder with a short name, such as /tmp"
    )


def _socket_parents() -> list[Path]:
    own = os.environ.get("XDG_RUNTIME_DIR")
    parents = [Path(own)] if own and os.geteuid() != 0 else []
    return [*parents, Path(tempfile.gettempdir()), Path("/tmp"), Path("/var/tmp")]


def _private_folder(folder: Path, account: Account | None) -> Path:
    uid, gid = (account.uid, account.gid) if account else (os.geteuid(), os.getegid())
    if not folder.exists():
        folder.mkdir(mode=0o700)
        os.chown(folder, uid, gid)
    found = folder.lstat()
    if folder.is_symlink() or found.st_uid != uid or found.st_mode & 0o077:
        raise ConfigurationError(
            f"{folder} belongs to somebody else; remove it, or set TMPDIR to another folder"
        )
    return folder


def _command(account: Account | None) -> list[str]:
    drop = [f"--reuid={account.uid}", f"--regid={account.gid}", "--clear-groups"] if account else []
    return ["setpriv", *drop, "--pdeathsig", "INT"]


def _surroundings() -> dict[str, Any]:
    # The server's user may not be able to enter our folder; PG… and LC_… variables of ours would change what it does.
    return {
        "cwd": "/",
        "stdin": subprocess.DEVNULL,
        "env": {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C.UTF-8"},
    }


def _shared_buffers() -> str:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") >> 20
    return f"{min(1024, max(64, memory // 8))}MB"


def _fingerprint(folder: Path) -> str:
    """Changes when the server program is replaced; empty while it is missing, in the middle of an upgrade."""
    try:
        program = (folder / "postgres").stat()
    except FileNotFoundError:
        return ""
    return f"{program.st_ino} {program.st_mtime_ns}"


def _program_of(pid: str) -> str:
    try:
        return Path(f"/proc/{int(pid)}/comm").read_text().strip()
    except (OSError, ValueError):
        return ""


def _forget_a_reused_pid(pid_file: Path) -> None:
    try:
        pid = pid_file.read_text().split("\n", 1)[0]
    except FileNotFoundError:
        return
    if _program_of(pid) not in ("", "postgres"):
        pid_file.unlink()


def _last_line(output: bytes) -> str:
    lines = [line for line in output.decode(errors="replace").splitlines() if line.strip()]
    telling = [line for line in lines if "FATAL" in line or "error:" in line]
    return (telling or lines or ["no reason given"])[-1].strip()
