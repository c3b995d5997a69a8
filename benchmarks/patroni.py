"""Three nodes of PostgreSQL that Patroni keeps, and three of etcd, as `deploy/patroni/` has it, on free ports."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import yaml

from benchmarks.network import NETWORK, Network
from benchmarks.processes import free_port, workers_of
from benchmarks.site import DEPLOY, program
from open311.dev.private_cluster.installed import Account, command, programs, surroundings

NODES = ("db1", "db2", "db3")


@dataclass
class Machine:
    """A program with all that it has started, ended or frozen as one, as a machine is."""

    run: list[str]
    log: Path
    # Where PostgreSQL notes its number: Patroni lets it go its own way.
    pid_file: Path | None = None
    process: subprocess.Popen[bytes] | None = None
    _ours: set[int] = field(default_factory=set)

    def start(self) -> None:
        """Switch it on."""
        with self.log.open("ab") as output:
            around = surroundings() | {"stdout": output, "stderr": output}
            self.process = subprocess.Popen(self.run, start_new_session=True, **around)

    def tell(self, number: signal.Signals) -> None:
        """A signal to all its processes."""
        assert self.process is not None
        self._ours |= {*workers_of(self.process.pid)}
        if self.pid_file and self.pid_file.exists():
            self._ours |= {*workers_of(int(self.pid_file.read_text().split()[0]))}
        for pid in self._ours:
            with suppress(ProcessLookupError):
                os.kill(pid, number)

    def crash(self) -> None:
        """Like a machine that loses its power."""
        assert self.process is not None
        self.tell(signal.SIGKILL)
        self.process.wait()
        self._ours.clear()

    def stop(self) -> None:
        """Whatever state it is in."""
        if self.process:
            self.crash()


class Nodes(ExitStack):
    """The cluster; on leaving everything is ended."""

    def __init__(self, folder: Path, account: Account | None, machines: Network | None = None) -> None:
        super().__init__()
        self.folder, self._account, self._machines = folder, account, machines
        self.hosts = machines.addresses if machines else dict.fromkeys(NODES, "127.0.0.1")
        self.ports = {name: free_port() for name in NODES}
        self.api = {name: free_port() for name in NODES}
        self.etcd: dict[str, Machine] = {}
        self.databases: dict[str, Machine] = {}
        try:
            self._start()
        except BaseException:
            self._tell()
            self.close()
            raise

    def _tell(self) -> None:
        """The ends of the logs, which go with the folder."""
        for log in sorted(self.folder.glob("*.log")):
            last = log.read_text(encoding="utf-8", errors="replace").splitlines()[-5:]
            print("\n".join((f"== {log.name}", *last)), file=sys.stderr, flush=True)

    def url(self, database: str) -> str:
        """The address of a database, whoever is the primary."""
        hosts, ports = ",".join(self.hosts.values()), ",".join(str(port) for port in self.ports.values())
        return f"postgresql://postgres:drill@/{database}?host={hosts}&port={ports}&target_session_attrs=read-write"

    def _start(self) -> None:
        clients, peers = ({name: free_port() for name in NODES} for _ in range(2))
        cluster = ",".join(f"{name}=http://{self.hosts[name]}:{peers[name]}" for name in NODES)
        self._clients = clients
        for name in NODES:
            host = f"http://{self.hosts[name]}"
            client, peer = f"{host}:{clients[name]}", f"{host}:{peers[name]}"
            options = {
                "name": name,
                "data-dir": str(self._place(f"etcd-{name}")),
                "listen-client-urls": client,
                "advertise-client-urls": client,
                "listen-peer-urls": peer,
                "initial-advertise-peer-urls": peer,
                "initial-cluster": cluster,
            }
            run = [program("etcd"), *(f"--{option}={value}" for option, value in options.items())]
            self._add(self.etcd, name, run)
        for name in NODES:
            file = self._place(f"patroni-{name}") / "patroni.yml"
            file.write_text(yaml.safe_dump(self._settings(name)))
            pid_file = self.folder / f"patroni-{name}/data/postmaster.pid"
            self._add(self.databases, name, [program("patroni"), str(file)], pid_file)
            self.wait(self.primary, 60)
        self.wait(self.whole, 90)

    def _place(self, name: str) -> Path:
        place = self.folder / name
        place.mkdir(mode=0o700)
        if self._account:
            os.chown(place, self._account.uid, self._account.gid)
        return place

    def _add(
        self, machines: dict[str, Machine], name: str, run: list[str], pid_file: Path | None = None
    ) -> None:
        log = self.folder / f"{Path(run[0]).name}-{name}.log"
        there = self._machines.commands[name] if self._machines else []
        machines[name] = Machine([*there, *command(self._account), *run], log, pid_file)
        machines[name].start()
        self.callback(machines[name].stop)

    def _settings(self, name: str) -> dict[str, Any]:
        """Those of `deploy/`, with places and addresses of this run, and without certificates or a watchdog."""
        text = (DEPLOY / "patroni/patroni.yml").read_text().replace("NODE", name).replace("CHANGE", "drill")
        found: dict[str, Any] = yaml.safe_load(text)
        folder = self.folder / f"patroni-{name}"
        here = f"{self.hosts[name]}:{self.api[name]}"
        found["restapi"] = {"listen": here, "connect_address": here}
        found["etcd3"]["hosts"] = [f"{self.hosts[node]}:{port}" for node, port in self._clients.items()]
        found["bootstrap"]["pg_hba"] = [
            "local all all trust",
            f"host all all {NETWORK if self._machines else '127.0.0.1/32'} scram-sha-256",
            f"host replication replicator {NETWORK if self._machines else '127.0.0.1/32'} scram-sha-256",
        ]
        here = f"{self.hosts[name]}:{self.ports[name]}"
        found["postgresql"] |= {
            "listen": here,
            "connect_address": here,
            "data_dir": str(folder / "data"),
            "bin_dir": str(programs()),
            "parameters": {"unix_socket_directories": str(folder), "shared_buffers": "128MB"},
            "pgpass": str(folder / "pgpass"),
        }
        found["watchdog"] = {"mode": "off"}
        return found

    def members(self) -> list[dict[str, Any]]:
        """What Patroni says of its nodes; asked of whichever answers."""
        for name, port in self.api.items():
            where = f"http://{self.hosts[name]}:{port}/cluster"
            with suppress(OSError, ValueError), urllib.request.urlopen(where, timeout=2) as answer:
                found: list[dict[str, Any]] = json.loads(answer.read())["members"]
                return found
        return []

    def primary(self) -> str | None:
        """The node that takes writes."""
        for name, port in self.ports.items():
            with suppress(psycopg.Error):
                conn = psycopg.connect(
                    f"postgresql://postgres:drill@{self.hosts[name]}:{port}/postgres", connect_timeout=2
                )
                with conn:
                    [[standby]] = conn.execute("select pg_is_in_recovery()").fetchall()
                    if not standby:
                        return name
        return None

    def whole(self) -> bool:
        """Whether there are a primary, one synchronous replica and another, all in step."""
        members = self.members()
        roles = sorted(member["role"] for member in members if member["state"] in ("running", "streaming"))
        return roles == ["leader", "replica", "sync_standby"]

    def leader_of_etcd(self) -> str:
        """The node of etcd that leads."""
        for name, port in self._clients.items():
            asked = urllib.request.Request(
                f"http://{self.hosts[name]}:{port}/v3/maintenance/status",
                b"{}",
                {"Content-Type": "application/json"},
            )
            with suppress(OSError), urllib.request.urlopen(asked, timeout=2) as answer:
                said = json.loads(answer.read())
                if said["leader"] == said["header"]["member_id"]:
                    return name
        raise RuntimeError("etcd has no leader")

    def switch_over(self) -> None:
        """Have the synchronous replica become the primary, in good order."""
        roles = {member["role"]: member["name"] for member in self.members()}
        body = json.dumps({"leader": roles["leader"], "candidate": roles["sync_standby"]}).encode()
        leader = roles["leader"]
        asked = urllib.request.Request(f"http://{self.hosts[leader]}:{self.api[leader]}/switchover", body)
        with urllib.request.urlopen(asked, timeout=60) as answer:
            answer.read()

    @staticmethod
    def wait(done: Any, seconds: float) -> float:
        """Until something is so; how long it took."""
        began = time.monotonic()
        while not done():
            if time.monotonic() - began > seconds:
                raise RuntimeError(f"not within {seconds} s")
            time.sleep(0.2)
        return time.monotonic() - began
