"""Asks PyPI and the npm registry whether a pinned package has a known weakness.

Exit code 1: one has. 2: not all could be asked for, which says nothing good about them; pip-audit alone calls such
packages skipped, and ends as if all were well.
"""

import json
import subprocess
import sys
from pathlib import Path

LOCK = "requirements.lock"
FEW = 10
ADVICE = """\
These answers come from PyPI and the npm registry themselves; mirrors mostly have packages alone, and many networks let
nobody through. Run `make advisories` again where both can be reached, and do not take this for a good answer."""


def main() -> int:
    """Print what is known, and what could not be learned; the exit code."""
    (weak_of_python, unknown_of_python), (weak_of_node, unknown_of_node) = _of_python(), _of_node()
    weak = [*weak_of_python, *weak_of_node]
    for line in weak:
        print(f"open311: {line}")
    silent = [line for line in (unknown_of_python, unknown_of_node) if line]
    for line in silent:
        print(f"open311: {line}", file=sys.stderr)
    if silent:
        print(ADVICE, file=sys.stderr)
    elif not weak:
        print("open311: no pinned package has a known weakness")
    return 1 if weak else 2 if silent else 0


def _of_python() -> tuple[list[str], str]:
    """Weaknesses of Python packages, and what could not be learned."""
    audit = Path(sys.executable).parent / "pip-audit"
    run = [str(audit), "--disable-pip", "--require-hashes", "--requirement", LOCK, "--format", "json"]
    answer = subprocess.run([*run, "--progress-spinner", "off"], capture_output=True, text=True, check=False)
    try:
        packages = json.loads(answer.stdout)["dependencies"]
    except (ValueError, KeyError):
        return [], f"nothing was learned about Python packages: {_last_line(answer.stderr)}"
    weak = [
        f"{package['name']} {package['version']}: {weakness['id']}, mended in {weakness['fix_versions'] or 'none yet'}"
        for package in packages
        for weakness in package.get("vulns", ())
    ]
    skipped = [package["name"] for package in packages if "skip_reason" in package]
    names = ", ".join(skipped[:FEW]) + (" and others" if len(skipped) > FEW else "")
    unknown = f"nothing was learned about {len(skipped)} of {len(packages)} Python packages: {names}"
    return weak, unknown if skipped else ""


def _of_node() -> tuple[list[str], str]:
    """Weaknesses of front-end packages, and what could not be learned."""
    run = ["npm", "audit", "--omit=dev", "--json"]
    answer = subprocess.run(run, capture_output=True, text=True, check=False)
    try:
        found = json.loads(answer.stdout)["vulnerabilities"]
    except (ValueError, KeyError):
        return [], f"nothing was learned about front-end packages: {_last_line(answer.stderr)}"
    return [f"{name}: {package['severity']}, {package['range']}" for name, package in found.items()], ""


def _last_line(text: str) -> str:
    lines = [line for line in text.splitlines() if "complete log" not in line and line.strip()]
    return lines[-1] if lines else "no answer"


if __name__ == "__main__":
    sys.exit(main())
