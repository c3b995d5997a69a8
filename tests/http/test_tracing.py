"""W3C Trace Context: a chain of calls goes on in log lines, jobs and calls of ours, and spans tell of it."""

import json
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from sqlalchemy import Connection, text

from open311.adapters import log_output, safe_http, spans
from open311.base import tracing
from open311.core import Core
from open311.model.catalogue import ServiceType
from open311.model.task_names import TaskName
from tests.builders import a_catalogue, a_service
from tests.jobs import work
from tests.patience import PATIENCE_SECONDS
from tests.serving import Api, MakeCore

CHAIN = "0af7651916cd43dd8448eb211c80319c"
CALLER = "b7ad6b7169203331"
HEADER = f"00-{CHAIN}-{CALLER}-01"


@dataclass
class Collector:
    """A server that keeps what it is sent."""

    url: str
    headers: list[dict[str, str]] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)


@pytest.fixture
def collector() -> Iterator[Collector]:
    """One on this machine."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            """Keep the body; all is well."""
            kept.headers.append({name.lower(): value for name, value in self.headers.items()})
            kept.bodies.append(self.rfile.read(int(self.headers.get("Content-Length", 0))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    kept = Collector(f"http://127.0.0.1:{server.server_port}/v1/traces")
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield kept
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(autouse=True)
def _nothing_stays() -> Iterator[None]:
    yield
    tracing.report_to(None)
    tracing.enter(None)


@pytest.fixture
def core(make_core: MakeCore) -> Core:
    """A Core with a service that gives out tokens."""
    return make_core(
        a_catalogue(a_service(service_code="KANAL", type=ServiceType.BATCH, moderated=False)),
        OPEN311_LOG_LEVEL="info",
    )


def lines(capsys: pytest.CaptureFixture[str], count: int) -> list[dict[str, Any]]:
    """So many lines about requests, in no order: a thread of its own writes some of them a little later."""
    found: list[dict[str, Any]] = []
    give_up = time.monotonic() + 60
    while len(found) < count and time.monotonic() < give_up:
        found += [json.loads(line) for line in capsys.readouterr().err.splitlines()]
        time.sleep(0.01)
    return found


@pytest.mark.parametrize(
    ("header", "sampled"),
    [
        (HEADER, True),
        (f"00-{CHAIN}-{CALLER}-00", False),
        (f"cc-{CHAIN}-{CALLER}-01-what-comes-later", True),
    ],
)
def test_a_chain_goes_on_with_a_step_of_our_own(header: str, sampled: bool) -> None:
    trace = tracing.continued(header)
    assert trace is not None
    assert (trace.trace_id, trace.parent_id, trace.sampled) == (CHAIN, CALLER, sampled)
    assert trace.span_id != CALLER
    assert trace.header() == f"00-{CHAIN}-{trace.span_id}-0{int(sampled)}"


@pytest.mark.parametrize(
    "header",
    [
        "",
        "nonsense",
        HEADER.upper(),
        f"{HEADER}-more",
        f"ff-{CHAIN}-{CALLER}-01",
        f"00-{'0' * 32}-{CALLER}-01",
        f"00-{CHAIN}-{'0' * 16}-01",
        f"00-{CHAIN}-{CALLER}",
        f"00-{CHAIN}-{CALLER}-01\n",
        "00-" + "٣" * 32 + f"-{CALLER}-01",
    ],
)
def test_what_is_no_chain_is_not_gone_on_with(header: str) -> None:
    assert tracing.continued(header) is None


def test_each_line_names_the_chain_of_its_request_alone(
    core: Core, api: Api, capsys: pytest.CaptureFixture[str]
) -> None:
    log_output.configure(core.settings)
    paths = ("/services.json", "/services.json", "/requests.json", "/services/NONE.json")
    for path in paths:
        api.client.get(f"{api.base}{path}", headers={"traceparent": HEADER})
        api.client.get(f"{api.base}{path}")
    found = [(line["path"], line.get("trace_id")) for line in lines(capsys, 2 * len(paths))]
    expected = [(f"{api.base}{path}", chain) for path in paths for chain in (CHAIN, None)]
    assert Counter(found) == Counter(expected)


def test_a_job_belongs_to_the_chain_of_the_request_that_deferred_it(
    core: Core, api: Api, conn: Connection
) -> None:
    api.headers["traceparent"] = HEADER
    token = api.post(service_code="KANAL")[0]["token"]
    [args] = conn.execute(
        text("select args from procrastinate_jobs where task_name = :task"), {"task": TaskName.ACCEPT_TOKEN}
    ).scalars()
    later = tracing.continued(args[tracing.HEADER])
    assert later is not None
    assert later.trace_id == CHAIN
    assert work(core, conn, TaskName.ACCEPT_TOKEN) == 1
    assert api.get(f"/tokens/{token}")[0]["service_request_id"]


def test_another_server_hears_which_chain_it_belongs_to(collector: Collector) -> None:
    def ask() -> None:
        safe_http.send(
            "POST", collector.url, most_bytes=10, seconds=PATIENCE_SECONDS, may_reach=lambda _: True
        )

    ask()
    trace = tracing.new()
    with tracing.within(trace):
        ask()
    alone, within = collector.headers
    assert "traceparent" not in alone
    called = tracing.continued(within["traceparent"])
    assert called is not None
    assert called.trace_id == trace.trace_id
    assert called.parent_id != trace.span_id


def test_spans_tell_of_requests_and_calls_without_what_is_secret(
    core: Core, api: Api, collector: Collector, make_core: MakeCore
) -> None:
    settings = make_core(OPEN311_TRACES_URL=collector.url).settings
    close = spans.report_spans(settings)
    assert close is not None
    api.client.get(f"{api.base}/services.json?api_key=secret", headers={"traceparent": HEADER})
    with tracing.within(tracing.new()):
        safe_http.send(
            "POST", collector.url, most_bytes=10, seconds=PATIENCE_SECONDS, may_reach=lambda _: True
        )
    close()
    [body] = [body for body in collector.bodies if body]
    [resource] = ExportTraceServiceRequest.FromString(body).resource_spans
    told = {span.name: span for scope in resource.scope_spans for span in scope.spans}
    assert len(told) == 2
    [request] = [span for span in told.values() if span.name.startswith("GET ")]
    assert request.trace_id.hex() == CHAIN
    assert request.parent_span_id.hex() == CALLER
    assert request.end_time_unix_nano >= request.start_time_unix_nano
    assert told["POST 127.0.0.1"].trace_id.hex() != CHAIN
    assert b"secret" not in body


def test_a_request_keeps_the_id_that_a_proxy_gave_it(api: Api) -> None:
    path = f"{api.base}/services.json"
    for _ in range(2):
        answer = api.client.get(path, headers={"X-Request-Id": "proxy-0123.4567"})
        assert answer.headers["X-Request-Id"] == "proxy-0123.4567"
    for odd in ("short", "x" * 65, "a b c d e f g", '"},{"event'):
        assert api.client.get(path, headers={"X-Request-Id": odd}).headers["X-Request-Id"] != odd
