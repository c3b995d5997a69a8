"""Spans to an OpenTelemetry collector, by OTLP over http. Loaded only where the settings name one."""

from collections.abc import Callable
from functools import partial
from multiprocessing.util import Finalize
from typing import TYPE_CHECKING

from open311.base import tracing, version
from open311.base.errors import ConfigurationError
from open311.base.tracing import Span
from open311.settings import Settings

if TYPE_CHECKING:
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

MISSING = (
    "OPEN311_TRACES_URL is set, but OpenTelemetry is not installed: pip install 'open311-server[traces]', "
    "or unset it"
)


def report_spans(settings: Settings) -> Callable[[], None] | None:
    """Have each request, job and call to another server told to the collector that the settings name.

    Returns what sends the last of them, which a process that ends does by itself.
    """
    if settings.traces_url is None:
        tracing.report_to(None)
        return None
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError:
        raise ConfigurationError(MISSING) from None
    resource = Resource.create({"service.name": "open311", "service.version": version.build().version})
    # It sends from a thread of its own and drops what a collector that is away does not take.
    processor = BatchSpanProcessor(OTLPSpanExporter(settings.traces_url, timeout=5))
    tracing.report_to(partial(_hand_on, processor, resource))
    # A process that was forked ends without the usual exit handlers.
    Finalize(None, processor.shutdown, exitpriority=1)
    return processor.shutdown


def _hand_on(processor: "BatchSpanProcessor", resource: "Resource", span: Span) -> None:
    from opentelemetry.sdk.trace import ReadableSpan
    from opentelemetry.trace import SpanContext, SpanKind, Status, StatusCode, TraceFlags

    trace_id, flags = int(span.trace.trace_id, 16), TraceFlags(TraceFlags.SAMPLED)

    def context(span_id: str, *, remote: bool) -> SpanContext:
        return SpanContext(trace_id, int(span_id, 16), remote, flags)

    parent = span.trace.parent_id
    processor.on_end(
        ReadableSpan(
            span.name,
            context=context(span.trace.span_id, remote=False),
            parent=context(parent, remote=True) if parent else None,
            resource=resource,
            attributes=dict(span.attributes),
            kind=SpanKind[span.kind.upper()],
            status=Status(StatusCode.ERROR if span.failed else StatusCode.UNSET),
            start_time=span.began,
            end_time=span.ended,
        )
    )
