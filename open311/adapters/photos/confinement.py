"""The sandbox of decoders: what a process gives up for good before it looks at what strangers sent.

Decoders are large C programs. One that a hostile file has taken over must find nothing: no file to open, no network, no
other process, nothing of the server's memory. What the system does not offer is left out; `docs/photos.md` says what
each of these takes away.
"""

import ctypes
import os
import resource
from contextlib import suppress

# The user `nobody` of Linux, who owns no file.
NOBODY = 65534
# A request for a page comes before one for a picture.
NICENESS = 10
PR_SET_DUMPABLE, PR_SET_NO_NEW_PRIVS = 4, 38
# Landlock has no function in the C library; its numbers are the same on all processors (Linux 5.13).
LANDLOCK_CREATE_RULESET, LANDLOCK_RESTRICT_SELF = 444, 446
# Everything that the first version knows: to run, write, read, make and remove files and folders.
LANDLOCK_ALL = (1 << 13) - 1


def give_up_everything(seconds: int, memory: int) -> None:
    """Compute for so many seconds at most, in so many bytes, and reach nothing. What is open stays open."""
    os.nice(NICENESS)
    limits = (
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
    )
    for limit, most in limits:
        resource.setrlimit(limit, (most, most))
    system = ctypes.CDLL(None, use_errno=True)
    if os.geteuid() == 0:
        # In this order: who is no longer root may not give up groups.
        os.setgroups([])
        os.setresgid(NOBODY, NOBODY, NOBODY)
        os.setresuid(NOBODY, NOBODY, NOBODY)
    with suppress(AttributeError):
        system.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
        _landlock(system)
    # The last, since all above may open files: no new one, and a socket is one.
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, 0))


def _landlock(system: ctypes.CDLL) -> None:
    """Take away the whole file system, and the memory of other processes; nothing happens where there is none."""
    handled = ctypes.c_uint64(LANDLOCK_ALL)
    rules = system.syscall(LANDLOCK_CREATE_RULESET, ctypes.byref(handled), ctypes.sizeof(handled), 0)
    if rules >= 0:
        system.syscall(LANDLOCK_RESTRICT_SELF, rules, 0)
        os.close(rules)


def keep_to_oneself() -> None:
    """Let no other process of this user read the memory or the environment of this one."""
    with suppress(AttributeError):
        ctypes.CDLL(None).prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)
