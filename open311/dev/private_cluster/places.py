"""Where a private cluster lives: its data, its socket, its lock, and the user that owns them."""

import fcntl
import hashlib
import os
import pwd
import subprocess
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import IO

from open311.base.errors import ConfigurationError
from open311.dev.private_cluster.installed import Account, command, programs, surroundings

SPARE_HOME = Path("/var/lib/open311")
# Linux has 108 bytes for the address of a socket, and PostgreSQL's file name takes the rest.
LONGEST_SOCKET_FOLDER = 93
# One that stood empty for so long is of a cluster whose process was killed; a starting one fills its own in seconds.
LEFT_SECONDS = 3600


def hold(data_dir: Path) -> IO[str]:
    """Make `data_dir` and hold it until the returned file is closed, even by kill -9."""
    data_dir.mkdir(parents=True, exist_ok=True)
    # Not `w`: that would empty the line of the process that holds it.
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


def home_of(data_dir: Path, say: Callable[[str], None]) -> tuple[Path, Account | None]:
    """The folder of the cluster, made when it is missing, and the user it runs as (None: as we do).

    PostgreSQL refuses to run as root. Its own user cannot enter a checkout below /root, so then the folder is elsewhere
    and a link leads to it.
    """
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


def _owner(home: Path) -> Account | None:
    if os.geteuid() != 0:
        return None
    status = home.stat()
    return Account(status.st_uid, status.st_gid) if status.st_uid else _postgres_account()


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


def _may_enter(folder: Path, account: Account) -> bool:
    # Tried as that user: the rights of each folder above count as well.
    tried = subprocess.run([*command(account), "test", "-x", str(folder)], **surroundings())
    return tried.returncode == 0


def socket_folder(home: Path, account: Account | None) -> Path:
    """A folder with a short name, outside the checkout, that `account` alone may enter."""
    name = "open311-" + hashlib.sha256(os.fsencode(home)).hexdigest()[:12]
    for parent in _socket_parents():
        folder = parent / name
        if len(os.fsencode(folder)) > LONGEST_SOCKET_FOLDER or not os.access(parent, os.W_OK):
            continue
        if account and not _may_enter(parent, account):
            continue
        _remove_left_folders(parent)
        return _private_folder(folder, account)
    raise ConfigurationError(
        "the private database needs a writable temporary folder with a short name, such as /tmp"
    )


def _socket_parents() -> list[Path]:
    own = os.environ.get("XDG_RUNTIME_DIR")
    parents = [Path(own)] if own and os.geteuid() != 0 else []
    return [*parents, Path(tempfile.gettempdir()), Path("/tmp"), Path("/var/tmp")]


def _remove_left_folders(parent: Path) -> None:
    for folder in parent.glob("open311-" + "[0-9a-f]" * 12):
        with suppress(OSError):
            if time.time() - folder.lstat().st_mtime > LEFT_SECONDS:
                # That of a running cluster is not empty, and that of somebody else not ours to remove.
                folder.rmdir()


def _private_folder(folder: Path, account: Account | None) -> Path:
    uid, gid = (account.uid, account.gid) if account else (os.geteuid(), os.getegid())
    if not folder.exists():
        folder.mkdir(mode=0o700)
        os.chown(folder, uid, gid)
    status = folder.lstat()
    # In a folder that all may write to, somebody else may have made it first, to hear what we say to our database.
    if folder.is_symlink() or status.st_uid != uid or status.st_mode & 0o077:
        raise ConfigurationError(
            f"{folder} belongs to somebody else; remove it, or set TMPDIR to another folder"
        )
    os.utime(folder)
    return folder
