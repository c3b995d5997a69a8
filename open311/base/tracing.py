"""Which chain of calls a request or a job belongs to: W3C Trace Context, and what becomes of it in spans.

A chain that somebody else began goes on here, in log lines, in jobs and in what we ask of other servers. Without spans
(`adapters/spans.py`) nothing is begun for requests, and nothing but a look at one header is spent on it.
"""

import re
import secrets
from collections.abc import Callable, Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from time import perf_counter, time_ns
from typing import Any

HEADER = "traceparent"
# Of later versions what is here, too; what they add is not ours to repeat.
FORM = re.compile(
    r"(?!ff)(?P<version>[0-9a-f]{2})-(?P<trace>[0-9a-f]{32})-(?P<span>[0-9a-f]{16})-(?P<flags>[0-9a-f]{2})"
    r"(?P<more>-.*)?"
)
# The lowest bit of the flags (W3C Trace Context, 3.2.2.5).
SAMPLED = 1


@dataclass(frozen=True, slots=True)
class Trace:
    """Our step in a trace: `parent_id` called us, and what we call is told our `span_id`."""

    trace_id: str
    span_id: str
    parent_id: str | None = None
    sampled: bool = True

    def header(self) -> str:
        """What tells the next one."""
        return f"00-{self.trace_id}-{self.span_id}-{int(self.sampled):02x}"

    def step(self) -> "Trace":
        return Trace(self.trace_id, secrets.token_hex(8), self.span_id, self.sampled)


@dataclass(frozen=True, slots=True)
class Span:
    """A finished step. Times in nanoseconds since 1970; `kind` is server, client or consumer."""

    trace: Trace
    name: str
    kind: str
    began: int
    ended: int
    attributes: Mapping[str, str | int]
    failed: bool = False


_current: ContextVar[Trace | None] = ContextVar("trace", default=None)
# The exporter of spans; None where the settings name no collector. One a process, as OpenTelemetry has it: what calls
# another server far below has no Core at hand.
report: Callable[[Span], None] | None = None


def report_to(take: Callable[[Span], None] | None) -> None:
    """Set the exporter of spans, or none."""
    global report
    report = take


def current() -> Trace | None:
    return _current.get()


def new() -> Trace:
    return Trace(secrets.token_hex(16), secrets.token_hex(8))


def continued(header: str | None) -> Trace | None:
    """Our step in the trace that a `traceparent` names; None for a missing or malformed one."""
    match = FORM.fullmatch(header) if header else None
    if match is None or not int(match["trace"], 16) or not int(match["span"], 16):
        return None
    if match["more"] and match["version"] == "00":
        return None
    return Trace(match["trace"], secrets.token_hex(8), match["span"], bool(int(match["flags"], 16) & SAMPLED))


def enter(header: str | None) -> None:
    """Begin a request in this thread; the trace of its last one is over."""
    if header or report or _current.get():
        trace = continued(header) if header else None
        _current.set(trace or (new() if report else None))


@contextmanager
def within(trace: Trace) -> Iterator[None]:
    """Within the block the thread is in this step."""
    token = _current.set(trace)
    try:
        yield
    finally:
        _current.reset(token)


@contextmanager
def span(name: str, kind: str, trace: Trace | None, **attributes: str | int) -> Iterator[dict[str, Any]]:
    """Be in this step, and report it when it is over; more attributes may be put into the dictionary meanwhile."""
    if trace is None:
        yield {}
        return
    began, failed = perf_counter(), True
    try:
        with within(trace):
            yield attributes
        failed = False
    finally:
        report_span(trace, name, kind, attributes, perf_counter() - began, failed=failed)


def report_span(
    trace: Trace, name: str, kind: str, attributes: Mapping[str, str | int], seconds: float, *, failed: bool
) -> None:
    """Export a step that ends now and took so many seconds, if there is an exporter."""
    if report and trace.sampled:
        now = time_ns()
        report(Span(trace, name, kind, now - int(seconds * 1e9), now, attributes, failed))


def add_to_line(_: Any, __: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """A structlog processor: adds the trace to each line."""
    trace = _current.get()
    if trace:
        line.setdefault("trace_id", trace.trace_id)
    return line
