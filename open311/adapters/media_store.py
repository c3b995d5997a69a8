"""Where the files of photos are kept: in a folder, in S3-compatible storage, or where a city's own class says.

Keys are names that nobody can guess, given by us. A store knows nothing about who may see what.
"""

import os
import secrets
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

from open311.adapters.named_class import class_named
from open311.adapters.stall_guard import StallGuard
from open311.base.errors import ConfigurationError, StoreUnavailable, problem
from open311.settings import Settings

SETTING = "OPEN311_MEDIA_STORE"
# As long as a browser may take to begin loading; an address passed on is of no use after that.
SIGNED_FOR = timedelta(minutes=10)


class MediaStore(Protocol):
    """What a store must be able to do. Each method raises `StoreUnavailable` when the store is out of reach."""

    def put(self, key: str, data: bytes, media_type: str) -> None:
        """Keep a file durably; when this returns, every reader finds it whole."""

    def get(self, key: str) -> bytes | None:
        """The file, or None when there is none."""

    def delete(self, key: str) -> None:
        """Forget the file; one that is not there is no error."""

    def stored(self) -> Iterable[tuple[str, datetime]]:
        """Every key, and when it was put."""

    def address(self, key: str) -> str | None:
        """An address that opens the file for some minutes without a sign-in; None where there is no such thing."""


def new_key() -> str:
    """A name for a new file that nobody can guess."""
    return f"{secrets.token_hex(16)}.jpg"


@cache
def for_settings(settings: Settings) -> MediaStore:
    """The store that the settings name, the same one each time."""
    check(settings)
    return GuardedStore(_new_store(settings))


def _new_store(settings: Settings) -> MediaStore:
    if settings.media_store == "folder":
        return FolderStore(folder(settings))
    if settings.media_store == "s3":
        return S3Store(settings)
    made: MediaStore = class_named(settings.media_store, SETTING)(settings)
    return made


def folder(settings: Settings) -> Path:
    """Where files lie as long as the store is a folder."""
    return (settings.media_folder or settings.data_dir / "media").absolute()


def check(settings: Settings) -> None:
    """Raise `ConfigurationError` for a store that cannot be. None is made: its threads would not outlive a fork."""
    if settings.media_store == "s3" and not settings.media_bucket:
        raise ConfigurationError("OPEN311_MEDIA_STORE=s3 needs OPEN311_MEDIA_BUCKET")
    if settings.media_store not in ("folder", "s3"):
        class_named(settings.media_store, SETTING)


def require_writable(settings: Settings) -> None:
    """Raise `ConfigurationError` when photos are to be kept in a folder that cannot be written to."""
    if settings.media_store != "folder":
        return
    try:
        FolderStore(folder(settings)).probe()
    except StoreUnavailable as error:
        raise ConfigurationError(
            f"photos cannot be kept in {folder(settings)}: {error.__cause__}; let the user of the server own that "
            "folder, or set OPEN311_DATA_DIR or OPEN311_MEDIA_FOLDER to one that it may write to"
        ) from None


class GuardedStore:
    """A store that nobody waits behind once it hangs."""

    def __init__(self, store: MediaStore) -> None:
        self.behind = store
        self._guard = StallGuard()

    def put(self, key: str, data: bytes, media_type: str) -> None:
        """Keep a file durably."""
        with self._guard.call():
            self.behind.put(key, data, media_type)

    def get(self, key: str) -> bytes | None:
        with self._guard.call():
            return self.behind.get(key)

    def delete(self, key: str) -> None:
        with self._guard.call():
            self.behind.delete(key)

    def stored(self) -> Iterable[tuple[str, datetime]]:
        """Every key; only the worker asks, and it may take long."""
        return self.behind.stored()

    def address(self, key: str) -> str | None:
        """Nobody is asked for one."""
        return self.behind.address(key)

    def probe(self) -> None:
        """Past the guard, so that it is noticed when the store is back."""
        probe(self.behind)


def probe(store: MediaStore) -> None:
    """Raise `StoreUnavailable` unless the store works; a class of a city's own that cannot tell is asked for a file."""
    own = getattr(store, "probe", None)
    if own:
        own()
    else:
        store.get("open311-probe")


class FolderStore:
    """Files below a folder, spread over 256 more, so that none grows too long to list."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, key: str, data: bytes, media_type: str) -> None:
        """Write beside, then rename: a reader never finds half a file."""
        place = self._place(key)
        with _unavailable(OSError):
            place.parent.mkdir(mode=0o750, parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(dir=place.parent, suffix=".part", delete=False) as file:
                try:
                    file.write(data)
                    # On the disk before the row that names it: after a loss of power a row without its file would
                    # show nothing for ever.
                    file.flush()
                    os.fsync(file.fileno())
                    Path(file.name).rename(place)
                except OSError:
                    Path(file.name).unlink()
                    raise

    def get(self, key: str) -> bytes | None:
        with _unavailable(OSError):
            try:
                return self._place(key).read_bytes()
            except FileNotFoundError:
                return None

    def delete(self, key: str) -> None:
        with _unavailable(OSError):
            self._place(key).unlink(missing_ok=True)

    def stored(self) -> Iterator[tuple[str, datetime]]:
        """Every file, those that a stopped process left half written too."""
        for place in self._folder.glob("??/*"):
            with suppress(FileNotFoundError):
                yield place.name, datetime.fromtimestamp(place.stat().st_mtime, UTC)

    def probe(self) -> None:
        """Write a file and take it away again."""
        with _unavailable(OSError):
            self._folder.mkdir(mode=0o750, parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(dir=self._folder, suffix=".probe") as file:
                file.write(b"probe")
                file.flush()
                os.fsync(file.fileno())

    def address(self, key: str) -> str | None:
        """Files in a folder have none."""
        return None

    def _place(self, key: str) -> Path:
        # Keys come out of addresses, and `..` is a name as well.
        if not key or Path(key).name != key or key.startswith("."):
            raise ValueError(f"{key!r} is not a key")
        return self._folder / key[:2] / key


class S3Store:
    """A bucket of Amazon S3, MinIO, Ceph, Garage and others that speak the same protocol."""

    def __init__(self, settings: Settings) -> None:
        import obstore
        from obstore.store import S3Store as Bucket

        # Servers other than Amazon's are asked for `endpoint/bucket/key`: not each has a name per bucket.
        endpoint: dict[str, Any] = {}
        if settings.media_endpoint:
            endpoint = {"endpoint": settings.media_endpoint, "virtual_hosted_style_request": False}
        keys: dict[str, Any] = {
            "access_key_id": settings.media_access_key,
            "secret_access_key": settings.media_secret_key,
        }
        plain = urlsplit(settings.media_endpoint or "").scheme == "http"
        self._lends = settings.media_redirect
        self._obstore = obstore
        self._bucket = Bucket(
            settings.media_bucket,
            region=settings.media_region,
            **endpoint,
            **{name: value for name, value in keys.items() if value},
            client_options={"allow_http": plain, "timeout": "20s", "connect_timeout": "5s"},
            retry_config={"max_retries": 2, "retry_timeout": timedelta(seconds=15)},
        )

    def put(self, key: str, data: bytes, media_type: str) -> None:
        """Keep a file, with the headers it is lent with."""
        headers = {"Content-Type": media_type, "Cache-Control": "public, max-age=31536000, immutable"}
        with self._unavailable():
            self._bucket.put(key, data, attributes=headers)

    def get(self, key: str) -> bytes | None:
        with self._unavailable():
            try:
                return bytes(self._bucket.get(key).bytes())
            except FileNotFoundError:
                return None

    def delete(self, key: str) -> None:
        with self._unavailable(), suppress(FileNotFoundError):
            self._bucket.delete(key)

    def stored(self) -> Iterator[tuple[str, datetime]]:
        """Every object of the bucket, asked for in pages."""
        with self._unavailable():
            for page in self._bucket.list():
                for entry in page:
                    yield entry["path"], entry["last_modified"]

    def address(self, key: str) -> str | None:
        """A signed address, if the settings want readers sent there."""
        return self._obstore.sign(self._bucket, "GET", key, SIGNED_FOR) if self._lends else None

    def _unavailable(self) -> Any:
        return _unavailable(self._obstore.exceptions.BaseError, OSError)


@contextmanager
def _unavailable(*reasons: type[Exception]) -> Iterator[None]:
    """Tell what went wrong between us and the store as what it is: it is out of reach."""
    try:
        yield
    except reasons as reason:
        raise StoreUnavailable(problem("error.photos.unavailable")) from reason
