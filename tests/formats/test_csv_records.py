"""A record of CSV has the line it begins on, and a fault costs one line (faults B23, B25)."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from open311.formats.csv import guarded, unguarded
from open311.formats.csv_records import LONGEST_LINE, UNCLOSED, delimiter_of, lines_of, records


def read(text: str, delimiter: str = ",") -> list[tuple[int, list[str], str | None]]:
    """The records of a text."""
    lines = io.StringIO(text, newline="")
    return [(record.line, record.cells, record.problem) for record in records(lines, delimiter)]


def test_a_record_has_the_line_that_it_begins_on() -> None:
    text = 'a,b\r\n"zwei\nZeilen",1\r\n\r\nc,2\n'
    assert read(text) == [(1, ["a", "b"], None), (2, ["zwei\nZeilen", "1"], None), (5, ["c", "2"], None)]


@pytest.mark.parametrize("rest", ["c,d\n", 'c,"d"\n', 'c,"d ""e"""\n"f",g\n'])
def test_a_quote_that_is_not_closed_costs_one_line(rest: str) -> None:
    found = read('a,b\n"never closed,1\n' + rest)
    assert found[1] == (2, ['"never closed,1'], UNCLOSED)
    assert found[2][:2] == (3, ["c", "d"] if "e" not in rest else ["c", 'd "e"'])


def test_a_file_without_line_ends_is_never_in_memory_as_a_whole() -> None:
    """Short cells, so that each of them is one that may be."""
    text = "a,b\n" + "x,y," * (LONGEST_LINE // 2) + "\nb,c\n"
    assert max(map(len, lines_of(io.StringIO(text, newline="")))) <= LONGEST_LINE + 1
    first, cut, last = records(lines_of(io.StringIO(text, newline="")), ",")
    assert (first.cells, last.line, last.cells) == (["a", "b"], 3, ["b", "c"])
    assert cut.problem
    assert str(LONGEST_LINE) in cut.problem.values["reason"]


def test_an_endless_record_is_given_up_and_the_others_are_read() -> None:
    text = '"open\n' + "x,y\n" * 5000
    found = read(text)
    assert found[0][2] == UNCLOSED
    assert len(found) == 5001
    huge = read('a,"' + "x" * 2_000_000 + "\nb,c\n")
    assert [record[1] for record in huge if record[2] is None] == [["b", "c"]]


def test_a_quote_in_the_middle_of_a_line_is_a_letter() -> None:
    assert read('5" Rohr,b\n') == [(1, ['5" Rohr', "b"], None)]


@given(
    st.lists(st.lists(st.text(st.characters(exclude_categories=["Cs"])), min_size=2, max_size=4), max_size=6),
    st.sampled_from(",;\t|"),
)
def test_what_is_written_is_read(rows: list[list[str]], delimiter: str) -> None:
    written = io.StringIO(newline="")
    csv.writer(written, delimiter=delimiter, quoting=csv.QUOTE_ALL).writerows(rows)
    assert [cells for _, cells, _ in read(written.getvalue(), delimiter)] == [row for row in rows if any(row)]


@given(st.text())
def test_no_text_ends_the_reader_and_no_line_is_lost(text: str) -> None:
    found = read(text)
    assert [line for line, _, _ in found] == sorted({line for line, _, _ in found})


def test_the_delimiter_is_found_in_the_first_line() -> None:
    assert [delimiter_of(line) for line in ("a;b;c,d", "a,b", "a\tb", "a|b|c", "a", "sep=|\r\n")] == [
        ";",
        ",",
        "\t",
        "|",
        ",",
        "|",
    ]


@given(st.text(st.sampled_from(" '=-+@aä\t;"), max_size=6) | st.text())
def test_a_guard_against_formulas_is_undone(text: str) -> None:
    assert unguarded(guarded(text)) == text
    assert not guarded(text).lstrip(" ").startswith(("=", "+", "-", "@"))
