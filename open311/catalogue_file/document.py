"""A YAML file as plain values that remember the lines they came from."""

import errno
import os
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from open311.base.errors import ConfigurationError
from open311.base.text import XML_ILLEGAL, trimmed
from open311.catalogue_file import limits
from open311.model.desk.areas import NO_AREAS, Areas

try:
    from yaml import CSafeLoader as SafeLoader
except ImportError:
    from yaml import SafeLoader  # type: ignore[assignment]

MOST_BYTES = 10_000_000
LONGEST_MESSAGE = 500
NAMES = ("service_code", "code", "key", "name")

Steps = tuple[str | int, ...]
# What a check yields: where something is wrong, and why.
Problems = Iterator[tuple[Steps, str]]


def _tag(kind: str) -> str:
    return f"tag:yaml.org,2002:{kind}"


@dataclass(frozen=True, slots=True, order=True)
class CatalogueProblem:
    """One thing that is wrong with a catalogue, and where; line 0 means the file as a whole."""

    file: Path
    line: int
    path: str
    message: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else f"{self.file}"
        return f"{place}: {self.path}: {self.message}" if self.path else f"{place}: {self.message}"


class CatalogueError(ConfigurationError):
    """A catalogue that cannot go into force; carries every problem found."""

    def __init__(self, *problems: CatalogueProblem) -> None:
        # The schema and a check may find the same fault.
        self.problems = tuple(sorted(set(problems)))
        super().__init__("\n".join(str(problem) for problem in self.problems))


@dataclass(frozen=True, slots=True)
class Cursor:
    """A place in a document; a step to where nothing fits leads to an empty place, not to an error."""

    value: Any
    steps: Steps = ()

    def __getitem__(self, key: str) -> "Cursor":
        value = self.value.get(key) if isinstance(self.value, dict) else None
        return Cursor(value, (*self.steps, key))

    def __iter__(self) -> Iterator["Cursor"]:
        """The items of a list; nothing when anything else is here."""
        if isinstance(self.value, list):
            yield from (Cursor(item, (*self.steps, index)) for index, item in enumerate(self.value))

    def entries(self) -> Iterator["Cursor"]:
        """The entries of a mapping; nothing when anything else is here."""
        if isinstance(self.value, dict):
            yield from (self[key] for key in self.value)

    @property
    def key(self) -> str:
        """The last step that led here."""
        return str(self.steps[-1])

    @property
    def word(self) -> str:
        """The text at this place, `""` when there is none."""
        return self.value if isinstance(self.value, str) else ""


@dataclass(slots=True)
class Document:
    """The values of one file and the line of each, the areas beside it, and what was wrong."""

    file: Path
    data: Any = None
    lines: dict[Steps, int] = field(default_factory=dict)
    reported: list[tuple[Steps, int, str]] = field(default_factory=list)
    areas: Areas = NO_AREAS

    @property
    def problems(self) -> tuple[CatalogueProblem, ...]:
        return tuple(
            CatalogueProblem(self.file, line, self._name(steps), what) for steps, line, what in self.reported
        )

    @property
    def root(self) -> Cursor:
        """Where a walk through the document begins."""
        return Cursor(self.data)

    def report(self, steps: Steps, message: str, line: int | None = None) -> None:
        """Note a problem at a place, with the line of that place or of what surrounds it."""
        short = message if len(message) <= LONGEST_MESSAGE else f"{message[:LONGEST_MESSAGE]} …"
        self.reported.append((steps, self._line(steps) if line is None else line, short))

    def _line(self, steps: Steps) -> int:
        known = (steps[:length] for length in range(len(steps), -1, -1))
        return next((self.lines[place] for place in known if place in self.lines), 1)

    def _name(self, steps: Steps) -> str:
        """The place as a person says it: items of a list by their code."""
        name, value = "", self.data
        for step in steps:
            value = _inside(value, step)
            if isinstance(step, str):
                name += f".{step}"
            else:
                code = code_of(value)
                name += f".{code}" if code else f"[{step}]"
        return name.removeprefix(".")


def code_of(entry: Any) -> str | None:
    """What a person knows an entry of a list by; None where it has no such thing."""
    return next(filter(None, (Cursor(entry)[field].word for field in NAMES)), None)


def _inside(value: Any, step: str | int) -> Any:
    try:
        return value[step]
    except (KeyError, IndexError, TypeError):
        return None


class _Loader(SafeLoader):
    """Reads plain words as YAML 1.2 does: `no` is a word, only true and false are truth values."""

    # A dictionary of its own, or the rules below would change every reader of YAML in the process.
    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012


# Fifteen figures are what every reader of JSON keeps exactly; longer numbers stay the text that they are.
for _kind, _pattern, _first in (
    ("bool", r"true|false", "tf"),
    ("null", r"~|null|", ["~", "n", ""]),
    ("int", r"-?(0|[1-9][0-9]{0,14})", "-0123456789"),
    ("float", r"-?[0-9]{1,15}\.[0-9]{1,30}", "-0123456789"),
):
    _Loader.add_implicit_resolver(_tag(_kind), re.compile(rf"^(?:{_pattern})\Z"), list(_first))

SCALARS: dict[str, Any] = {
    _tag("str"): str,
    _tag("bool"): lambda raw: raw == "true",
    _tag("null"): lambda raw: None,
    _tag("int"): int,
    _tag("float"): float,
}


class _Reader:
    """Turns YAML nodes into values and notes lines and problems on the way."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.left = limits.MOST_VALUES

    def read(self, node: yaml.Node, steps: Steps = ()) -> Any:
        # Before anything is built of it: an alias of an alias is followed here, value by value.
        self.left -= 1
        if len(steps) > limits.DEEPEST or self.left < 0:
            raise limits.beyond(len(steps), node.start_mark)
        self.document.lines.setdefault(steps, node.start_mark.line + 1)
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, steps)
        if isinstance(node, yaml.SequenceNode):
            return [self.read(item, (*steps, index)) for index, item in enumerate(node.value)]
        return self._scalar(node, steps)

    def _mapping(self, node: yaml.MappingNode, steps: Steps) -> dict[str, Any]:
        mapping: dict[str, Any] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            if not isinstance(key_node, yaml.ScalarNode):
                self.document.report(steps, "a key must be a word", line)
            elif key_node.value in mapping:
                # YAML takes the last one in silence, and half of what somebody wrote would be gone.
                first = self.document.lines[(*steps, key_node.value)]
                self.document.report((*steps, key_node.value), f"given twice, first on line {first}", line)
            else:
                self.document.lines[(*steps, key_node.value)] = line
                word = self._text(key_node, steps)
                mapping[word] = self.read(value_node, (*steps, word))
        return mapping

    def _scalar(self, node: yaml.Node, steps: Steps) -> Any:
        if node.tag not in SCALARS:
            self.document.report(steps, f"the tag {node.tag} is not allowed")
            return None
        try:
            return SCALARS[node.tag](self._text(node, steps))
        except ValueError:
            self.document.report(steps, f"{node.value!r} is not what its tag {node.tag} says")
            return None

    def _text(self, node: yaml.Node, steps: Steps) -> str:
        text: str = node.value
        if XML_ILLEGAL.search(text):
            self.document.report(steps, "holds a control character", node.start_mark.line + 1)
            # Whoever reads on takes none; half of a pair is not even text to most.
            return XML_ILLEGAL.sub("\N{REPLACEMENT CHARACTER}", text)
        if text.strip() and not trimmed(text):
            self.document.report(steps, "holds only characters that nobody sees", node.start_mark.line + 1)
        return text


def read(file: Path) -> Document:
    """The contents of a YAML file; what is wrong with it is in `problems`, never raised."""
    document = Document(file)
    text = _decode(document)
    if text is None:
        return document
    try:
        limits.check_size(text, _Loader)
        node = yaml.compose(text, _Loader)
        # An empty file is an empty mapping, so that the schema says what it lacks.
        document.data = (_Reader(document).read(node) if node else None) or {}
    except yaml.YAMLError as error:
        _report_syntax(document, text, error)
    return document


def content(file: Path, most: int) -> bytes:
    """The bytes of a file, one more than `most` of a longer one; raises `OSError`."""
    # To open a pipe waits for its writer, and with it would wait for ever who looks for changes each second.
    with os.fdopen(os.open(file, os.O_RDONLY | os.O_NONBLOCK), "rb") as opened:
        if not stat.S_ISREG(os.fstat(opened.fileno()).st_mode):
            raise OSError(errno.EINVAL, "not a regular file")
        return opened.read(most + 1)


def _decode(document: Document) -> str | None:
    try:
        raw = content(document.file, MOST_BYTES)
    except OSError as reason:
        document.report((), f"cannot be read: {reason.strerror}", 0)
        return None
    if len(raw) > MOST_BYTES:
        document.report((), f"larger than {MOST_BYTES} bytes", 0)
        return None
    try:
        # Editors on Windows put a byte order mark in front.
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        document.report((), "is not UTF-8", raw.count(b"\n", 0, error.start) + 1)
        return None


def _report_syntax(document: Document, text: str, error: yaml.YAMLError) -> None:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    position = getattr(error, "position", None)
    line = mark.line + 1 if mark else text.count("\n", 0, position) + 1 if position is not None else 1
    what = getattr(error, "problem", None) or getattr(error, "reason", None) or str(error)
    document.report((), f"is not YAML: {what}", line)
