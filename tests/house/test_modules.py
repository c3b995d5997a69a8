"""Sizes, leftovers, state, and nothing about the place where it is built."""

import ast
import importlib
import json
import re
import subprocess
from functools import cache

from tests.house.documents import ROOT

LONGEST = 300
# Put together here so that this file does not hold the words itself.
LEFTOVERS = re.compile("|".join(("TO" + "DO", "FIX" + "ME", "X" + "XX"))).search
SKIPS = re.compile("|".join(("mark.sk" + "ip", "pytest.sk" + "ip", "xf" + "ail", "importorsk" + "ip"))).search
NAMELESS_LOOP = re.compile(r"\bfor (?:\w+, )*each(?:, \w+)* in\b").search
# What changes while a program runs: queues, locks, counters, and containers that begin empty.
CHANGING = re.compile(
    r"(deque|dict|list|set|defaultdict|OrderedDict|Counter|Bounded|count|Lock|RLock|Event|Condition|Queue)"
    r"(\[.*\])?\(\d*\)|\{\}|\[\]"
)
# What is one a process, namely names of prepared statements and a table that is filled while its parts are loaded; and
# what stays empty.
OF_THE_PROCESS = {
    "storage/database/statement.py: _numbers",
    "checker/requirement.py: TABLE",
    "model/staff/roles.py: NO_RIGHTS",
}
NPM = "https://registry.npmjs.org/"


@cache
def tracked() -> dict[str, str]:
    """Every text file under version control."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True, text=True)
    found = {}
    for name in listed.stdout.split("\0"):
        file = ROOT / name
        if name and file.is_file():
            found[name] = file.read_bytes().decode(errors="replace")
    return found


def test_no_module_is_too_long() -> None:
    lengths = {
        str(module.relative_to(ROOT / "open311")): len(module.read_text(encoding="utf-8").splitlines())
        for module in (ROOT / "open311").rglob("*.py")
    }
    assert {name: length for name, length in lengths.items() if length > LONGEST} == {}


def test_nothing_is_left_to_do() -> None:
    assert [
        name for name, text in tracked().items() if name.endswith((".py", ".md")) and LEFTOVERS(text)
    ] == []


def test_loops_are_named_after_what_they_go_through() -> None:
    assert [
        name for name, text in tracked().items() if name.endswith((".py", ".html")) and NAMELESS_LOOP(text)
    ] == []


def test_no_module_holds_state() -> None:
    """Caches and counters belong to Core, or to what `create_app` builds: two servers in one process share none."""
    changing = set()
    for module in (ROOT / "open311").rglob("*.py"):
        for node in ast.parse(module.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
                target = node.targets[-1] if isinstance(node, ast.Assign) else node.target
                if CHANGING.fullmatch(ast.unparse(node.value)):
                    changing.add(f"{module.relative_to(ROOT / 'open311')}: {ast.unparse(target)}")
    assert changing == OF_THE_PROCESS


def test_no_test_is_left_out() -> None:
    assert [name for name, text in tracked().items() if name.startswith("tests/") and SKIPS(text)] == []


def test_no_file_names_the_folder_it_was_written_in() -> None:
    here = re.compile(rf"(?<![\w.]){re.escape(str(ROOT))}(?=/)").search
    assert [name for name, text in tracked().items() if here(text)] == []


def test_python_packages_come_from_whichever_index_the_reader_uses() -> None:
    locks = {name: text for name, text in tracked().items() if re.fullmatch(r"requirements.*\.lock", name)}
    assert locks
    assert [name for name, text in locks.items() if "://" in text or "--index-url" in text] == []


def test_npm_packages_come_from_the_public_registry() -> None:
    packages = json.loads(tracked()["package-lock.json"])["packages"]
    addresses = [package["resolved"] for package in packages.values() if "resolved" in package]
    assert [address for address in addresses if not address.startswith(NPM)] == []


def test_benchmarks_find_what_they_measure() -> None:
    """No test runs them, so a module that has moved would be missed when somebody wants a figure.

    Those of the peers need packages that only they need.
    """
    modules = [name for name in tracked() if re.fullmatch(r"benchmarks/(siege/)?\w+\.py", name)]
    assert modules
    for module in modules:
        importlib.import_module(module.removesuffix(".py").removesuffix("/__init__").replace("/", "."))
