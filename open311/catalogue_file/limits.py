"""How large a catalogue may be, and how deep."""

from typing import Any

import yaml

# Counted with aliases followed, since ten of them can stand for a billion values.
MOST_VALUES = 500_000
# Nothing in a catalogue nests so deep; a document that does is meant to exhaust the stack.
DEEPEST = 24
TOO_DEEP = "nested too deep"
TOO_MUCH = (
    f"more than {MOST_VALUES} values, aliases followed; what an area has too many of lies in a file of its own, "
    "as in boundary: {file: boundary.geojson}"
)


def check_size(text: str, loader: Any) -> None:
    """Raise an error of YAML for a text of which nothing should be built."""
    # Composing nodes recurses without a limit of its own and would end the process; it also takes a kilobyte a value.
    around: list[bool] = []
    values = 0.0
    event: Any
    for event in yaml.parse(text, loader):
        if isinstance(event, yaml.CollectionEndEvent):
            around.pop()
        elif isinstance(event, yaml.NodeEvent):
            # In a mapping every other one is a key.
            values += 0.5 if around and around[-1] else 1
        if isinstance(event, yaml.CollectionStartEvent):
            around.append(isinstance(event, yaml.MappingStartEvent))
        if len(around) > DEEPEST or values > MOST_VALUES:
            raise beyond(len(around), event.start_mark)


def beyond(depth: int, where: yaml.Mark) -> yaml.MarkedYAMLError:
    return yaml.MarkedYAMLError(problem=TOO_DEEP if depth > DEEPEST else TOO_MUCH, problem_mark=where)
