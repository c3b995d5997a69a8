"""Folders for the clusters of tests: in memory, since a disk is slow to take files where others were just dropped."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from open311.base.temporary import temporary_folder

MEMORY = Path("/dev/shm")
# What the workers of a whole run may fill, with something to spare for their browsers.
ROOM_BYTES = 6 << 30


@contextmanager
def cluster_folder() -> Iterator[Path]:
    """A new folder that PostgreSQL's own user can enter, which pytest's are not."""
    with temporary_folder("test", MEMORY if _is_roomy() else None) as folder:
        folder.chmod(0o711)
        yield folder


def _is_roomy() -> bool:
    # A container often has 64 MB there, and what a file system in memory may take need not be free.
    try:
        lines = Path("/proc/meminfo").read_text().splitlines()
        free = shutil.disk_usage(MEMORY).free
    except OSError:
        return False
    available = next(int(line.split()[1]) << 10 for line in lines if line.startswith("MemAvailable:"))
    return min(free, available) >= ROOM_BYTES
