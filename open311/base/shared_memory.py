"""Memory that all processes of this host see which belong to the same user and know its name."""

import fcntl
import mmap
import os
import tempfile
import weakref
from pathlib import Path


def shared_memory(name: str, size: int) -> memoryview:
    """At least `size` bytes, zeros at first; forgotten when nobody uses them any more."""
    path = _folder() / f"open311-{os.getuid()}-{name}"
    descriptor = _joined(path)
    if os.fstat(descriptor).st_size < size:
        os.ftruncate(descriptor, size)
    memory = mmap.mmap(descriptor, size)
    weakref.finalize(memory, _leave, descriptor, path, os.getpid())
    return memoryview(memory)


def _joined(path: Path) -> int:
    """A descriptor that holds a shared lock, by which others see that the file is in use."""
    while True:
        # Everybody may write to that folder, so the name could be a link that somebody else has laid.
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        fcntl.flock(descriptor, fcntl.LOCK_SH)
        if os.fstat(descriptor).st_nlink:
            return descriptor
        # The process that left last has removed it in between.
        os.close(descriptor)


def _leave(descriptor: int, path: Path, owner: int) -> None:
    # A forked process has the lock in common with the one that took it, and may end before that.
    if os.getpid() == owner:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            path.unlink(missing_ok=True)
        except BlockingIOError:
            pass
    os.close(descriptor)


def _folder() -> Path:
    memory = Path("/dev/shm")
    return memory if os.access(memory, os.W_OK) else Path(tempfile.gettempdir())
