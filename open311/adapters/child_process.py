"""A program of ours in a process of its own: bytes in, bytes out, and none of the server's secrets on the way.

What the process gives up of its own accord once it has loaded what it needs is in `confinement.py`.
"""

import os
import subprocess
import sys

from open311.base.errors import Unavailable, problem

# All that the child gets of our environment; database and store passwords are not among it.
HANDED_ON = ("PATH", "LD_LIBRARY_PATH", "SYSTEMROOT")
# Libraries that compute in threads of their own would go past the time that the child allows itself.
ONE_THREAD = {"OMP_NUM_THREADS": "1"}
GRACE_SECONDS = 5


class ChildFailed(Exception):
    """The child crashed, was stopped at one of its limits, or took too long: what it was given is at fault."""


def run_child(module: str, data: bytes, seconds: int, *arguments: str) -> bytes:
    """What the module prints when it is run with the data on its standard input.

    Raises `ChildFailed`, `Unavailable` where no process can be started, `RuntimeError` for a fault of ours.
    """
    environ = {name: os.environ[name] for name in HANDED_ON if name in os.environ} | ONE_THREAD
    environ["PYTHONPATH"] = os.pathsep.join(filter(None, sys.path))
    command = [sys.executable, "-m", module, *arguments]
    try:
        ended = subprocess.run(
            command,
            input=data,
            capture_output=True,
            env=environ,
            timeout=seconds + GRACE_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise ChildFailed from None
    except OSError as reason:
        raise Unavailable(problem("error.unavailable")) from reason
    if ended.returncode > 0:
        stumbled = ended.stderr[-2000:].decode(errors="replace")
        raise RuntimeError(f"the photo process could not work: {stumbled}")
    if ended.returncode < 0:
        raise ChildFailed
    return ended.stdout
