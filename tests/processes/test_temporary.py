"""Temporary folders go, whatever ends the process that made them."""

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from open311.base.temporary import temporary_folder

HOLDER = """
import time
from open311.base.temporary import temporary_folder
with temporary_folder("trial") as folder:
    (folder / "file").touch()
    print(folder, flush=True)
    time.sleep(10_000)
"""


def test_what_a_killed_process_left_goes_and_what_another_holds_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    command, surroundings = [sys.executable, "-c", HOLDER], os.environ | {"TMPDIR": str(tmp_path)}
    with (
        subprocess.Popen(command, env=surroundings, stdout=subprocess.PIPE, text=True) as killed,
        subprocess.Popen(command, env=surroundings, stdout=subprocess.PIPE, text=True) as running,
    ):
        assert killed.stdout
        assert running.stdout
        left, held = Path(killed.stdout.readline().strip()), Path(running.stdout.readline().strip())
        killed.send_signal(signal.SIGKILL)
        killed.wait()
        with temporary_folder("trial") as folder:
            assert sorted(tmp_path.iterdir()) == sorted([held, folder])
            assert (held / "file").exists()
        assert not left.exists()
        assert not folder.exists()
        running.kill()
