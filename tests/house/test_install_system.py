"""What `make run` says and leaves behind where the distribution's packages cannot be installed."""

import os
import subprocess
from pathlib import Path

from tests.house.documents import ROOT

MISSING = "open311-no-such-program"
COMMAND = f"apt-get update && apt-get install -y --no-install-recommends {MISSING}"
# Written down instead of done; what installs fails, as without a network.
SUDO = """#!/bin/sh
echo "$*" >> "$CALLS"
case "$1 $*" in tee*) cat >/dev/null ;; *" install "*) exit 100 ;; esac
"""


def installed(folder: Path, sudo: str) -> tuple[subprocess.CompletedProcess[str], list[str]]:
    """How the script ends for an ordinary user with this `sudo`, and what it asked to be done as root."""
    calls = folder / "calls"
    for name, text in {"id": "#!/bin/sh\necho 1000\n", "sudo": sudo, "apt-get": "#!/bin/sh\n"}.items():
        (folder / name).write_text(text, encoding="utf-8")
        (folder / name).chmod(0o755)
    done = subprocess.run(
        [ROOT / "tools/install-system.sh", MISSING],
        env={**os.environ, "PATH": f"{folder}:{os.environ['PATH']}", "CALLS": str(calls)},
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    return done, calls.read_text(encoding="utf-8").splitlines()


def test_who_may_not_install_is_asked_once_and_told_the_command(tmp_path: Path) -> None:
    done, calls = installed(tmp_path, '#!/bin/sh\necho "$*" >> "$CALLS"\nexit 1\n')
    assert done.returncode == 1
    assert (
        done.stderr
        == f"open311: {MISSING} could not be installed; ask somebody with root rights to run: {COMMAND}\n"
    )
    assert len(calls) == 1


def test_an_installation_that_fails_leaves_nothing_that_keeps_services_from_starting(tmp_path: Path) -> None:
    done, calls = installed(tmp_path, SUDO)
    assert done.returncode == 100
    assert COMMAND in done.stderr
    written = {call.split()[1] for call in calls if call.startswith("tee ")}
    assert calls[-1].split()[:2] == ["rm", "-f"]
    assert written
    assert written <= set(calls[-1].split())
