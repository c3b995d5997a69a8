"""Each resource against a document written by hand, indented for the reader, exact in all else."""

import json
import re
from pathlib import Path

import pytest

from open311.formats.encode import to_json, to_xml
from tests.formats.cases import CASES
from tests.formats.spark import as_text, parse_xml

GOLDEN = Path(__file__).parent / "golden"
cases = pytest.mark.parametrize("name", CASES)


@cases
def test_xml_is_the_golden_document(name: str) -> None:
    """R-003, R-004, R-033, R-034, R-082, R-083, R-085, R-088, R-091, R-156, R-194."""
    declaration, _, indented = (GOLDEN / f"{name}.xml").read_text("utf-8").partition("\n")
    expected = declaration + "\n" + re.sub(r">\n *<", "><", indented.rstrip("\n"))
    assert expected == to_xml(CASES[name]).decode()


@cases
def test_json_is_the_golden_document(name: str) -> None:
    """R-004, R-033, R-034, R-035, R-060, R-073, R-081, R-097, R-145, R-146, R-180, R-185."""
    indented = json.loads((GOLDEN / f"{name}.json").read_text("utf-8"))
    expected = json.dumps(indented, ensure_ascii=False, separators=(",", ":"))
    assert expected == to_json(CASES[name]).decode()


@cases
def test_both_formats_say_the_same(name: str) -> None:
    """R-036."""
    assert parse_xml(to_xml(CASES[name])) == as_text(json.loads(to_json(CASES[name])))


def test_each_golden_document_is_tested() -> None:
    assert {path.name for path in GOLDEN.iterdir()} == {
        f"{name}.{f}" for name in CASES for f in ("xml", "json")
    }
