"""Folders that a database server may live in, and processes that are gone when the test is."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def folder() -> Iterator[Path]:
    """An empty folder that every user may enter, unlike pytest's own."""
    made = Path(tempfile.mkdtemp(prefix="open311-test-"))
    made.chmod(0o711)
    yield made
    for link in made.rglob("postgres"):
        if link.is_symlink():
            shutil.rmtree(link.resolve(), ignore_errors=True)
    shutil.rmtree(made, ignore_errors=True)
