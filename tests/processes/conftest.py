"""Folders that a database server may live in, and processes that are gone when the test is."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from open311.base.temporary import temporary_folder


@pytest.fixture
def folder() -> Iterator[Path]:
    """An empty folder that every user may enter, unlike pytest's own."""
    with temporary_folder("test") as made:
        made.chmod(0o711)
        yield made
        for link in made.rglob("postgres"):
            if link.is_symlink():
                shutil.rmtree(link.resolve(), ignore_errors=True)
