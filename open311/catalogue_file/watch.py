"""Which files make a catalogue, and whether they have changed."""

from pathlib import Path

from open311.catalogue_file.geojson_files import folder_files

Sight = tuple[tuple[str, int, int, int, int], ...]


def files(path: Path) -> tuple[Path, ...]:
    """The file itself, or the `*.yaml` files of a folder in the order of their names."""
    if not path.is_dir():
        return (path,)
    return tuple(sorted(file for file in path.glob("*.yaml") if not file.name.startswith(".")))


class CatalogueWatch:
    """Notices that a catalogue file, a folder of them, or the areas and boundaries beside them were changed.

    Cheap enough to ask every second.
    Make it before the first load, so that a change in between is noticed too.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen = self._look()

    def changed(self) -> bool:
        """Whether anything has changed since this was last asked."""
        # What is seen counts as taken up, be it good or bad: a broken file is told once, not each second.
        now = self._look()
        before, self._seen = self._seen, now
        return now != before

    def _look(self) -> Sight:
        folder = self._path if self._path.is_dir() else self._path.parent
        return tuple(_sight(file) for file in (*files(self._path), *folder_files(folder)))


def _sight(file: Path) -> tuple[str, int, int, int, int]:
    # A copy that is moved over a file may keep its time and size; its inode and change time cannot.
    try:
        stat = file.stat()
    except OSError:
        return file.name, 0, 0, 0, 0
    return file.name, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_size, stat.st_ino
