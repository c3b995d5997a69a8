"""A network of a few machines: a network namespace each, and a bridge between them, in a namespace without a way out.

Nothing of it has a name outside; it is gone when the processes are. Needs root.
"""

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from benchmarks.site import program

INSIDE = "OPEN311_DRILL_NETWORK"
BRIDGE = "drill"
NETWORK = "10.31.1.0/24"
OURS = "10.31.1.1/24"


def enter(module: str) -> str | None:
    """Begin this program anew in a network of its own; returns only there, or with the reason why there is none."""
    if os.environ.get(INSIDE):
        return None
    if os.geteuid() != 0:
        return "it needs root"
    tried = subprocess.run([program("unshare"), "--net", "true"], capture_output=True, text=True, check=False)
    if tried.returncode != 0:
        return tried.stderr.strip()
    run = [program("unshare"), "--net", sys.executable, "-m", module, *sys.argv[1:]]
    os.execvpe(run[0], run, os.environ | {INSIDE: "yes"})
    return None


class Network(ExitStack):
    """Machines by name. `commands` begin a command on one of them; `addresses` are theirs."""

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__()
        self.commands: dict[str, list[str]] = {}
        self.addresses: dict[str, str] = {}
        _ip("link", "set", "lo", "up")
        _ip("link", "add", BRIDGE, "type", "bridge")
        _ip("address", "add", OURS, "dev", BRIDGE)
        _ip("link", "set", BRIDGE, "up")
        for number, name in enumerate(names, 2):
            self.commands[name] = self._machine(name, f"10.31.1.{number}")
            self.addresses[name] = f"10.31.1.{number}"

    def _machine(self, name: str, address: str) -> list[str]:
        # The namespace lives as long as this process.
        holder = subprocess.Popen([program("unshare"), "--net", "sleep", "infinity"], start_new_session=True)
        self.callback(holder.wait)
        self.callback(holder.kill)
        place = Path(f"/proc/{holder.pid}/ns/net")
        while place.readlink() == Path("/proc/self/ns/net").readlink():
            time.sleep(0.01)
        _ip("link", "add", name, "type", "veth", "peer", "name", "eth0", "netns", str(holder.pid))
        self.join(name)
        _ip("link", "set", name, "up")
        inside = [program("nsenter"), f"--net={place}"]
        for words in (("address", "add", f"{address}/24", "dev", "eth0"), ("link", "set", "eth0", "up")):
            _ip(*words, inside=inside)
        _ip("link", "set", "lo", "up", inside=inside)
        return inside

    def cut(self, name: str) -> None:
        """Lose whatever is sent to a machine or from it, without a word to anybody."""
        _ip("link", "set", name, "nomaster")

    def join(self, name: str) -> None:
        """Let a machine speak with the others again."""
        _ip("link", "set", name, "master", BRIDGE)


def _ip(*words: str, inside: Sequence[str] = ()) -> None:
    done = subprocess.run([*inside, program("ip"), *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"ip {' '.join(words)}: {done.stderr}"
