"""What the workers of pytest-xdist would each compile anew in a fresh clone, compiled once before they start."""

import compileall
from itertools import chain
from pathlib import Path

import pytest
from _pytest.assertion import rewrite

ROOT = Path(__file__).parent.parent


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_setupnodes(config: pytest.Config) -> None:
    """Compile the server, and the tests as pytest does, which writes its own words into each assertion."""
    compileall.compile_dir(ROOT / "open311", quiet=1, workers=0)
    state = config.stash[rewrite.assertstate_key]
    for file in chain((ROOT / "tests").rglob("test_*.py"), (ROOT / "tests").rglob("conftest.py")):
        folder = rewrite.get_cache_dir(file)
        compiled = folder / f"{file.stem}{rewrite.PYC_TAIL}"
        if rewrite.try_makedirs(folder) and rewrite._read_pyc(file, compiled) is None:
            source_hash, code = rewrite._rewrite_test(file, config)
            rewrite._write_pyc(state, code, source_hash, compiled)
