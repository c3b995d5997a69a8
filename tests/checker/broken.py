"""A small GeoReport server, right in everything the check demands, that a test breaks in one place."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit
from xml.sax.saxutils import escape

JSON_TYPE = "application/json; charset=utf-8"
HEAD = '<?xml version="1.0" encoding="utf-8"?>'
NAMES = {
    "services": "service",
    "service_requests": "request",
    "errors": "error",
    "attributes": "attribute",
    "values": "value",
}
SERVICES = [
    {
        "service_code": "LIGHT",
        "service_name": "Street light",
        "description": "",
        "metadata": True,
        "type": "realtime",
        "keywords": "light,lamp",
        "group": "Streets",
    },
    {
        "service_code": "WASTE",
        "service_name": "Waste",
        "description": "Waste",
        "metadata": False,
        "type": "realtime",
        "keywords": "",
        "group": "",
    },
]
ATTRIBUTES = [
    {
        "variable": True,
        "code": "COLOUR",
        "datatype": "singlevaluelist",
        "required": True,
        "datatype_description": "",
        "order": 1,
        "description": "Colour",
        "values": [{"key": "r", "name": "Red"}, {"key": "g", "name": "Green"}],
    }
]


def a_request(number: int) -> dict[str, Any]:
    """A request as v2 has it."""
    moment = f"2026-03-{20 - number // 10:02}T{23 - number % 10:02}:00:00Z"
    return {
        "service_request_id": str(100 + number),
        "status": "closed" if number % 3 == 0 else "open",
        "service_name": "Waste",
        "service_code": "WASTE" if number % 2 else "LIGHT",
        "description": f"Report {number}",
        "requested_datetime": moment,
        "updated_datetime": moment,
        "address": "",
        "address_id": None,
        "zipcode": None,
        "lat": 49.48,
        "long": 8.44,
        "media_url": None,
    }


@dataclass
class Little:
    """What the server says; a test replaces what it wants to be wrong."""

    services: list[Any] = field(default_factory=lambda: [dict(service) for service in SERVICES])
    attributes: list[Any] = field(default_factory=lambda: [dict(attribute) for attribute in ATTRIBUTES])
    requests: list[Any] = field(default_factory=lambda: [a_request(number) for number in range(12)])
    to_json: Callable[[str, Any], Any] = lambda root, value: value
    to_xml: Callable[[str, str], str] = lambda root, text: text
    answer: Callable[[str, dict[str, str]], tuple[int, str, bytes] | None] = lambda path, query: None
    unknown_id: int = 404
    last_page_again: bool = False
    end_exclusive: bool = False
    asked: list[str] = field(default_factory=list)

    def answered(self, path: str, query: dict[str, str]) -> tuple[int, str, bytes]:
        """Status, content type and body."""
        self.asked.append(path)
        path = path.replace("//", "/")
        special = self.answer(path, query)
        if special:
            return special
        name, _, suffix = path.removeprefix("/v2").strip("/").rpartition(".")
        if suffix not in ("json", "xml"):
            name, suffix = path.removeprefix("/v2").strip("/"), "xml"
        status, root, value = self.found(name, query)
        if suffix == "json":
            body = json.dumps(self.to_json(root, value)).encode()
            return status, "application/json; charset=utf-8", body
        return status, "text/xml; charset=utf-8", (HEAD + self.to_xml(root, xml(root, value))).encode()

    def found(self, name: str, query: dict[str, str]) -> tuple[int, str, Any]:
        """What a method answers with."""
        kind, _, step = name.partition("/")
        if name == "services":
            return 200, "services", self.services
        if kind == "services" and step in [service["service_code"] for service in SERVICES]:
            attributes = self.attributes if step == "LIGHT" else []
            return 200, "service_definition", {"service_code": step, "attributes": attributes}
        if name == "requests":
            return self.listed(query)
        if kind == "requests":
            one = [request for request in self.requests if str(request["service_request_id"]) == step]
            if one or self.unknown_id == 200:
                return 200, "service_requests", one
        return error(404)

    def listed(self, query: dict[str, str]) -> tuple[int, str, Any]:
        """The list, as its filters say."""
        rows = self.requests
        if query.get("service_request_id"):
            wanted = [part.strip() for part in query["service_request_id"].split(",")]
            return 200, "service_requests", [r for r in rows if str(r["service_request_id"]) in wanted]
        if any(0 < len(query.get(date, "")) < 10 or "13-45" in query.get(date, "") for date in DATES):
            return error(400)
        start, end = (query.get(date, "").replace("+00:00", "Z") for date in DATES)
        rows = [r for r in rows if not start or not start.endswith("Z") or r["requested_datetime"] >= start]
        rows = [r for r in rows if not end or not end.endswith("Z") or r["requested_datetime"] <= end]
        if self.end_exclusive:
            rows = [r for r in rows if r["requested_datetime"] != end]
        for name in ("service_code", "status"):
            words = query.get(name, "").split(",")
            rows = [
                r
                for r in rows
                if not query.get(name) or str(r[name]).lower() in map(str.lower, words) or r[name] in words
            ]
        if "page" in query:
            size, page = int(query.get("page_size", 1000)), int(query["page"])
            part = rows[(page - 1) * size : page * size]
            rows = rows[-size:] if self.last_page_again and not part else part
        return 200, "service_requests", rows


DATES = ("start_date", "end_date")


def error(status: int) -> tuple[int, str, Any]:
    """An error as GeoReport has it."""
    return status, "errors", [{"code": status, "description": "start_date or id is not known"}]


def xml(name: str, value: Any) -> str:
    """A value as an element."""
    if isinstance(value, list):
        inner = "".join(xml(NAMES.get(name, name), item) for item in value)
    elif isinstance(value, dict):
        inner = "".join(xml(key, item) for key, item in value.items())
    elif isinstance(value, bool):
        inner = str(value).lower()
    else:
        inner = "" if value is None else escape(str(value))
    return f"<{name}>{inner}</{name}>" if inner else f"<{name}/>"


@contextmanager
def serving(little: Any, headers: dict[str, str] | None = None) -> Iterator[str]:
    """The base URL under which `little` answers, as long as the block lasts."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            query = {
                name: values[0] for name, values in parse_qs(parts.query, keep_blank_values=True).items()
            }
            status, kind, body = little.answered(parts.path, query)
            self.send_response(status)
            self.send_header("Content-Type", kind)
            for name, value in (headers or {}).items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        do_HEAD = do_OPTIONS = do_GET

        def log_message(self, *_: Any) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/v2"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
