"""What stands around several servers: PgBouncer and nginx as `deploy/` sets them up, with addresses of this run."""

import os
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from signal import SIGKILL
from typing import Any

from psycopg.conninfo import conninfo_to_dict

from open311.dev.private_cluster import Cluster
from open311.dev.private_cluster.installed import Account, command, surroundings

DEPLOY = Path(__file__).parent.parent / "deploy"
# What starts and ends at once on a quiet machine.
PATIENCE_SECONDS = 60


@contextmanager
def pooler(folder: Path, database_url: str, port: int) -> Iterator[str]:
    """PgBouncer in front of a private cluster; the address of the database through it."""
    place = conninfo_to_dict(database_url)
    text = (DEPLOY / "pgbouncer.ini").read_text()
    direct = f"host={place['host']} port=5432 dbname={place['dbname']} user=postgres"
    text = replaced(text, "host=127.0.0.1 port=5432 dbname=open311", direct)
    text = replaced(text, "listen_port = 6432", f"listen_port = {port}")
    text = replaced(text, "auth_type = scram-sha-256", "auth_type = any")
    text = replaced(text, "auth_file = /etc/pgbouncer/userlist.txt\n", "")
    file = folder / "pgbouncer.ini"
    file.write_text(text)
    file.chmod(0o644)
    # It refuses to run as root, and must enter the folder of the cluster's socket.
    owner = Path(str(place["host"])).stat()
    account = Account(owner.st_uid, owner.st_gid) if os.geteuid() == 0 else None
    run = [*command(account), program("pgbouncer"), str(file)]
    with running(run, folder / "pgbouncer.log", port, **surroundings()):
        yield f"postgresql://postgres@127.0.0.1:{port}/open311"


@contextmanager
def proxy(folder: Path, servers: Sequence[int], port: int) -> Iterator[int]:
    """nginx in front of servers on these ports; the id of its process."""
    text = (DEPLOY / "nginx.conf").read_text()
    lines = "".join(f"    server 127.0.0.1:{server} max_fails=3 fail_timeout=2s;\n" for server in servers)
    text, found = re.subn(r"(    server 127\.0\.0\.1:.*\n)+", lines, text)
    assert found == 1
    text = replaced(text, "listen 80;", f"listen 127.0.0.1:{port};")
    text = replaced(text, "/var/lib/nginx/open311", f"{folder}/cache")
    text = replaced(text, "/var/log/nginx/open311.log", f"{folder}/nginx-access.log")
    text = replaced(text, "/var/log/nginx/error.log", f"{folder}/nginx-error.log")
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    own = "".join(f"{kind}_temp_path {folder}/nginx-{kind};\n" for kind in kinds)
    user = "user root;\n" if os.geteuid() == 0 else ""
    file = folder / "nginx.conf"
    head = f"daemon off;\n{user}worker_processes 2;\nworker_rlimit_nofile 20000;\npid {folder}/nginx.pid;\n"
    head += f"error_log {folder}/nginx-error.log;\nevents {{ worker_connections 8192; }}\n"
    file.write_text(f"{head}http {{\n{own}{text}}}\n")
    run = [program("nginx"), "-c", str(file), "-e", f"{folder}/nginx-error.log"]
    with running(run, folder / "nginx.log", port) as pid:
        yield pid


def replaced(text: str, old: str, new: str) -> str:
    """A text with one place changed, which must be there."""
    assert text.count(old) == 1, old
    return text.replace(old, new)


def program(name: str) -> str:
    """Where a program is; those of administrators are not in everybody's PATH."""
    found = shutil.which(name, path=f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/sbin")
    assert found, f"{name} is missing; install it with: tools/install-system.sh {name}"
    return found


@contextmanager
def running(run: Sequence[str], log: Path, port: int, **surroundings: Any) -> Iterator[int]:
    """A program for as long as the block lasts, its id; entered when it listens."""
    with log.open("wb") as output:
        process = subprocess.Popen(run, **{**surroundings, "stdout": output, "stderr": output})
    try:
        give_up = time.monotonic() + PATIENCE_SECONDS
        while not listens(port):
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < give_up, log.read_text()
            time.sleep(0.02)
        yield process.pid
    finally:
        process.terminate()
        process.wait(PATIENCE_SECONDS)


def listens(port: int) -> bool:
    """Whether anybody takes connections there."""
    with socket.socket() as attempt:
        return attempt.connect_ex(("127.0.0.1", port)) == 0


def kill(cluster: Cluster) -> None:
    """End a cluster the way a machine ends that loses its power: all of its processes at once, without a word."""
    children = Path(f"/proc/{cluster.pid}/task/{cluster.pid}/children").read_text().split()
    for pid in [cluster.pid, *map(int, children)]:
        with suppress(ProcessLookupError):
            os.kill(pid, SIGKILL)
