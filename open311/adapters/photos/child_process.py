"""A sandboxed child process: bytes in, bytes out, and none of the server's secrets in its environment.

What the process gives up of its own accord once it has loaded what it needs is in `confinement.py`.
"""

import os
import subprocess
import sys

from open311.base.errors import Busy, Unavailable, problem

# All that the child gets of our environment; database and store passwords are not among it.
HANDED_ON = ("PATH", "LD_LIBRARY_PATH", "SYSTEMROOT")
# Libraries that compute in threads of their own would go past the time that the child allows itself.
ONE_THREAD = {"OMP_NUM_THREADS": "1"}
# The child stops itself by its limit of processor time; the clock is only for one that sleeps.
GRACE_SECONDS = 5
RETRY_AFTER = 30


class ChildFailed(Exception):
    """The child crashed or was stopped at one of its limits: what it was given is at fault."""


def command(module: str) -> list[str]:
    """How a module is run as a program."""
    # The path is whole: `site` would look for it again, in files that it reads each time.
    return [sys.executable, "-S", "-m", module]


def surroundings() -> dict[str, str]:
    """The environment of a child."""
    environ = {name: os.environ[name] for name in HANDED_ON if name in os.environ} | ONE_THREAD
    return environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}


def busy() -> Busy:
    """The child got too little of the processor."""
    return Busy(problem("error.busy", seconds=RETRY_AFTER), retry_after=RETRY_AFTER)


def run_child(module: str, data: bytes, seconds: int, *arguments: str) -> bytes:
    """What the module prints when it is run with the data on its standard input.

    Raises `ChildFailed`, `Busy` when it got too little of the processor, `Unavailable` where no process can be started,
    `RuntimeError` for a fault of ours.
    """
    try:
        ended = subprocess.run(
            [*command(module), *arguments],
            input=data,
            capture_output=True,
            env=surroundings(),
            timeout=seconds + GRACE_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        # It counts its own seconds of the processor and would have ended at its limit.
        raise busy() from None
    except OSError as reason:
        raise Unavailable(problem("error.unavailable")) from reason
    if ended.returncode > 0:
        stumbled = ended.stderr[-2000:].decode(errors="replace")
        raise RuntimeError(f"the photo process could not work: {stumbled}")
    # By a signal: over its time, out of its memory, or a decoder that crashed.
    if ended.returncode < 0:
        raise ChildFailed
    return ended.stdout
