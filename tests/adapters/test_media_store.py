"""Each store keeps its promises: the folder, and S3 against a real server."""

import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx2
import pytest

from open311 import settings
from open311.adapters import media_store
from open311.adapters.media_store import FolderStore, MediaStore, new_key
from open311.base.errors import ConfigurationError, Unavailable
from open311.settings import Settings


def s3_settings(address: str, **more: str) -> Settings:
    """Settings that name a bucket on this server."""
    return settings.load(
        {
            "OPEN311_MEDIA_STORE": "s3",
            "OPEN311_MEDIA_BUCKET": "photos",
            "OPEN311_MEDIA_ENDPOINT": address,
            "OPEN311_MEDIA_ACCESS_KEY": "someone",
            "OPEN311_MEDIA_SECRET_KEY": "secret",
        }
        | more
    )


@pytest.fixture(params=["folder", "s3"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> MediaStore:
    """A store of each kind."""
    if request.param == "folder":
        return media_store.for_settings(settings.load({"OPEN311_MEDIA_FOLDER": str(tmp_path)}))
    return media_store.for_settings(s3_settings(request.getfixturevalue("s3_server")))


def test_a_file_comes_back_as_it_was(store: MediaStore) -> None:
    """Byte for byte."""
    key, data = new_key(), bytes(range(256)) * 9
    store.put(key, data, "image/jpeg")
    assert store.get(key) == data


def test_a_missing_file_is_none(store: MediaStore) -> None:
    """No error: a file may have been deleted meanwhile."""
    assert store.get(new_key()) is None


def test_a_deleted_file_is_gone(store: MediaStore) -> None:
    """Deleting it again is no error."""
    key = new_key()
    store.put(key, b"x", "image/jpeg")
    store.delete(key)
    store.delete(key)
    assert store.get(key) is None


def test_all_files_are_listed_with_their_age(store: MediaStore) -> None:
    """For the sweep."""
    keys = {new_key() for _ in range(3)}
    for key in keys:
        store.put(key, b"x", "image/jpeg")
    found = dict(store.stored())
    assert keys <= set(found)
    assert all(abs(datetime.now(UTC) - found[key]) < timedelta(minutes=1) for key in keys)


def test_keys_cannot_be_guessed() -> None:
    """128 random bits."""
    keys = {new_key() for _ in range(1000)}
    assert len(keys) == 1000
    assert all(len(key) == len("0" * 32 + ".jpg") for key in keys)


@pytest.mark.parametrize("key", ["../passwd", "a/b.jpg", "/etc/passwd", ".hidden", ""])
def test_a_folder_is_not_left(tmp_path: Path, key: str) -> None:
    """Whatever the key says."""
    with pytest.raises(ValueError, match="is not a key"):
        FolderStore(tmp_path / "media").get(key)


def test_files_in_a_folder_are_for_the_server_alone(tmp_path: Path) -> None:
    """Not for other users of the machine."""
    key = new_key()
    FolderStore(tmp_path).put(key, b"x", "image/jpeg")
    place = tmp_path / key[:2] / key
    assert stat.S_IMODE(place.stat().st_mode) & 0o007 == 0
    assert [file.name for file in place.parent.iterdir()] == [key]


def test_a_folder_that_cannot_be_written_is_unavailable(tmp_path: Path) -> None:
    """And not half written."""
    (tmp_path / "file").touch()
    with pytest.raises(Unavailable):
        FolderStore(tmp_path / "file").put(new_key(), b"x", "image/jpeg")


def test_the_first_store_is_a_folder_with_the_data(tmp_path: Path) -> None:
    """`media` in the data folder."""
    key = new_key()
    media_store.for_settings(settings.load({"OPEN311_DATA_DIR": str(tmp_path)})).put(key, b"x", "image/jpeg")
    assert (tmp_path / "media" / key[:2] / key).exists()


def test_s3_out_of_reach_is_unavailable() -> None:
    """Told at once, not after minutes."""
    with pytest.raises(Unavailable):
        media_store.for_settings(s3_settings("http://127.0.0.1:9")).get(new_key())


def test_s3_without_a_bucket_stops_the_start() -> None:
    """With the name of what is missing."""
    with pytest.raises(ConfigurationError, match="OPEN311_MEDIA_BUCKET"):
        media_store.for_settings(settings.load({"OPEN311_MEDIA_STORE": "s3"}))


def test_s3_lends_an_address_that_expires(s3_server: str) -> None:
    """Only where the settings want it."""
    lending = media_store.for_settings(s3_settings(s3_server, OPEN311_MEDIA_REDIRECT="on"))
    key = new_key()
    lending.put(key, b"picture", "image/jpeg")
    address = lending.address(key)
    assert address
    assert "X-Amz-Expires=600" in address
    answer = httpx2.get(address, timeout=60)
    assert (answer.content, answer.headers["Content-Type"]) == (b"picture", "image/jpeg")
    assert media_store.for_settings(s3_settings(s3_server)).address(key) is None


class OwnStore(FolderStore):
    """What a city might write."""

    def __init__(self, chosen: Settings) -> None:
        super().__init__(chosen.data_dir / "own")


def test_a_class_of_the_operator_is_a_store() -> None:
    """Named by module and class."""
    own = f"{__name__}:OwnStore"
    store = media_store.for_settings(settings.load({"OPEN311_MEDIA_STORE": own}))
    assert type(store.behind).__name__ == "OwnStore"


@pytest.mark.parametrize("name", ["no.such.module:Class", "open311.settings:Nothing"])
def test_a_class_that_is_missing_stops_the_start(name: str) -> None:
    """With the setting that names it."""
    with pytest.raises(ConfigurationError, match="OPEN311_MEDIA_STORE"):
        media_store.for_settings(settings.load({"OPEN311_MEDIA_STORE": name}))


@pytest.mark.parametrize("name", ["ftp", "module", "a b:c", ":Class"])
def test_a_store_of_another_kind_stops_the_start(name: str) -> None:
    """The message says what is allowed."""
    with pytest.raises(ConfigurationError, match=r"folder, s3 or a class"):
        settings.load({"OPEN311_MEDIA_STORE": name})
