"""The server process of a private cluster, from its first start to its last word."""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from types import TracebackType
from typing import IO, Self
from urllib.parse import quote

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from open311.base.errors import ConfigurationError
from open311.dev.private_cluster.installed import command, fingerprint, program_of, programs, surroundings
from open311.dev.private_cluster.places import hold, home_of, socket_folder

PATIENCE = 15.0
# What a replica calls itself, for `synchronous_standby_names`.
REPLICA = "replica"
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
HASTY = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    # Its transactions would hold up the stream of events now and then; who wants statistics analyzes.
    "autovacuum": "off",
    # There are many, which may live in memory.
    "max_wal_size": "512MB",
    "shared_buffers": "256MB",
    # Half of what a short connection takes is loading them.
    "shared_preload_libraries": "postgis-3,pg_trgm,plpgsql",
}

NEW = (
    "initdb",
    "--username=postgres",
    "--encoding=UTF8",
    "--locale=C.UTF-8",
    # Nobody but its owner can enter the folder of the socket, and there is no other way in.
    "--auth=trust",
    "--no-instructions",
)


class Cluster:
    """A PostgreSQL server of our own; started on entering the `with` block, stopped on leaving it."""

    def __init__(
        self, data_dir: Path, durable: bool, say: Callable[[str], None], copy_of: "Cluster | None" = None
    ) -> None:
        self.data_dir = data_dir.absolute()
        self.durable = durable
        self.say = say
        self.copy_of = copy_of
        self._lock: IO[str] | None = None
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        try:
            self._lock = hold(self.data_dir)
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
        return url_of(self._sockets, name)

    def ensure_database(self, name: str) -> str:
        """Create database `name` with PostGIS unless it is there; its address."""
        with closing(psycopg.connect(self.url("postgres"), autocommit=True)) as connection:
            existing = connection.execute("select 1 from pg_database where datname = %s", [name])
            if not existing.fetchone():
                connection.execute(
                    sql.SQL("create database {} template template0").format(sql.Identifier(name))
                )
        with closing(psycopg.connect(self.url(name), autocommit=True)) as connection:
            if not connection.execute("select 1 from pg_extension where extname = 'postgis'").fetchone():
                connection.execute("create extension postgis")
        return self.url(name)

    @property
    def pid(self) -> int:
        """The number of the server's first process."""
        assert self._process is not None
        return self._process.pid

    def promote(self) -> None:
        """Let a replica go on by itself, as the primary; back when it takes writes."""
        with closing(psycopg.connect(self.url("postgres"), autocommit=True)) as connection:
            connection.execute("select pg_promote()")

    def renew(self) -> bool:
        """Start the server again if it died or an upgrade replaced its program; whether it did.

        Call it now and then, from the main thread: the kernel ends the server with the thread that started it.
        """
        assert self._process is not None
        if self._process.poll() is None and fingerprint(self._programs) in ("", self._fingerprint):
            return False
        self._stop()
        self._start()
        return True

    def _prepare(self) -> None:
        self._home, self._account = home_of(self.data_dir, self.say)
        self._data = self._home / "data"
        version = self._data / "PG_VERSION"
        self._programs = programs(version.read_text().strip() if version.exists() else None)
        self._sockets = socket_folder(self._home, self._account)
        if not version.exists():
            self._create()

    def _create(self) -> None:
        # initdb cut short leaves a folder that looks whole, so it works beside the final place.
        unfinished = self._home / "data.unfinished"
        shutil.rmtree(unfinished, ignore_errors=True)
        program, *options = _copying(self.copy_of) if self.copy_of else NEW
        options += ["--no-sync"] if not self.durable else [] if self.copy_of else ["--data-checksums"]
        made = subprocess.run(
            [*command(self._account), f"{self._programs}/{program}", "-D", unfinished, *options],
            **surroundings(),
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
            output = log.read_bytes()
            # After a kill -9 the dead server holds its lock until it is reaped, its last children their memory.
            held = b"already exists" in output or b"still in use" in output
            if not held or time.monotonic() > give_up:
                raise ConfigurationError(
                    f"the private database cannot be started: {_last_line(output)} (see {log})"
                )
            time.sleep(0.2)

    def _start_once(self, log: Path) -> bool:
        settings = SETTINGS | {
            "unix_socket_directories": str(self._sockets),
            "shared_buffers": _shared_buffers(),
        }
        settings |= {} if self.durable else HASTY
        options = [f"--{name}={value}" for name, value in settings.items()]
        self._fingerprint = fingerprint(self._programs)
        with log.open("wb") as output:
            self._process = subprocess.Popen(
                [*command(self._account), f"{self._programs}/postgres", "-D", self._data, *options],
                **surroundings(),
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
                pass
            else:
                # Right after a kill -9 it may be the former server that answers, with its last breath.
                if _first_line(self._data / "postmaster.pid") == str(process.pid):
                    return True
            time.sleep(0.01)
        return False

    def _close(self) -> None:
        self._stop()
        if self._process:
            with suppress(OSError):
                self._sockets.rmdir()
        if self._lock:
            self._lock.close()

    def _stop(self) -> None:
        if self._process is None:
            return
        # To PostgreSQL: stop fast, stop at once and recover at the next start; the last is for what hears nothing any
        # more.
        for ending in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
            self._process.send_signal(ending)
            try:
                self._process.wait(PATIENCE)
                return
            except subprocess.TimeoutExpired:
                continue


def url_of(sockets: Path, name: str) -> str:
    """The address of database `name` of the server that listens in the folder `sockets`."""
    return f"postgresql://postgres@/{quote(name)}?host={quote(str(sockets))}&port=5432"


def _copying(primary: Cluster) -> list[str]:
    """Makes a replica, which follows the primary from then on."""
    place = make_conninfo(primary.url("postgres"), application_name=REPLICA)
    return ["pg_basebackup", "--dbname", place, "--write-recovery-conf", "--checkpoint=fast"]


def _shared_buffers() -> str:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") >> 20
    return f"{min(1024, max(64, memory // 8))}MB"


def _forget_a_reused_pid(pid_file: Path) -> None:
    if program_of(_first_line(pid_file)) not in ("", "postgres"):
        pid_file.unlink()


def _first_line(file: Path) -> str:
    try:
        return file.read_text().split("\n", 1)[0]
    except FileNotFoundError:
        return ""


def _last_line(output: bytes) -> str:
    lines = [line for line in output.decode(errors="replace").splitlines() if line.strip()]
    telling = [line for line in lines if "FATAL" in line or "error:" in line]
    return (telling or lines or ["no reason given"])[-1].strip()
