"""The server under test: one request at a time, each sent once, and no more than a bounded number."""

import asyncio
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Self
from urllib.parse import quote, urlencode

import httpx2

from open311.checker.answer import Answer
from open311.checker.requirement import NotSeen

MOST_BYTES = 32 * 1024 * 1024
USER_AGENT = "open311-check"
FORMATS = ("json", "xml")


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What to look at and how: `key` and `post` together allow reports to be sent."""

    url: str
    jurisdiction_id: str | None = None
    key: str | None = None
    post: bool = False
    service_code: str | None = None
    lat: float | None = None
    long: float | None = None
    delay: float = 0.2
    seconds: float = 20
    most_requests: int = 300


class BudgetSpent(NotSeen):
    """No more questions are allowed."""


@dataclass
class Subject:
    """Answers of one server, kept, so that many checks can look at the same one."""

    options: Options
    wait: Callable[[float], None] = time.sleep
    answers: dict[Any, Answer] = field(default_factory=dict)
    posted: list[Answer] = field(default_factory=list)
    sent: int = 0

    def __post_init__(self) -> None:
        self.base = self.options.url.rstrip("/")
        limits = httpx2.Timeout(self.options.seconds, connect=min(10, self.options.seconds))
        # It is somebody else's server, and in use: one question at a time, with pauses.
        one = httpx2.Limits(max_connections=1)
        self.client = httpx2.AsyncClient(timeout=limits, limits=one, headers={"User-Agent": USER_AGENT})
        # Only so can an answer be given up in its midst, whatever part of it trickles.
        self.runner = asyncio.Runner()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.runner.run(self.client.aclose())
        self.runner.close()

    def get(
        self,
        path: str,
        suffix: str = "json",
        headers: Mapping[str, str] | None = None,
        method: str = "GET",
        raw: str | None = None,
        **query: Any,
    ) -> Answer:
        """The answer to a question below the base URL; `raw` is a query sent as it stands, without suffix `""`."""
        pairs = {"jurisdiction_id": self.options.jurisdiction_id, **query}
        query_string = urlencode([(name, value) for name, value in pairs.items() if value is not None])
        query_string = "&".join(filter(None, (query_string, raw)))
        place = f"{path}.{suffix}" if suffix else path
        url = f"{self.base}/{place}" + (f"?{query_string}" if query_string else "")
        key = (method, url, tuple(sorted((headers or {}).items())))
        if key not in self.answers:
            self.answers[key] = self._send(method, url, suffix.lower(), headers=headers)
        return self.answers[key]

    def ask_again(self, path: str) -> Answer:
        """The same question once more."""
        first = self.get(path)
        key = next(key for key, value in self.answers.items() if value is first)
        return self._send("GET", key[1], "json")

    def post(self, path: str, suffix: str = "json", **more: Any) -> Answer:
        """The answer to a POST, which is never repeated."""
        self.posted.append(self._send("POST", f"{self.base}/{path}.{suffix}", suffix, **more))
        return self.posted[-1]

    def forget_requests(self) -> None:
        """Have requests asked for again, since there are more of them; what was answered stays to be looked back on."""
        for key in [key for key in self.answers if key[1].startswith(f"{self.base}/requests")]:
            self.answers["before", *key] = self.answers.pop(key)

    def absolute(self, url: str, suffix: str = "") -> Answer:
        key = ("GET", url, ())
        if key not in self.answers:
            self.answers[key] = self._send("GET", url, suffix)
        return self.answers[key]

    def _send(self, method: str, url: str, suffix: str, **more: Any) -> Answer:
        call = f"{method} {url.removeprefix(self.base)}"[:200]
        if self.sent >= self.options.most_requests:
            raise BudgetSpent(f"not asked after {self.sent} requests: {call}")
        if self.sent:
            self.wait(self.options.delay)
        self.sent += 1
        began = time.monotonic()
        try:
            answer = self.runner.run(self._read(method, url, more))
        except TimeoutError:
            return Answer(call, suffix, failure="no answer (longer than we wait for)", headers={})
        except (httpx2.HTTPError, httpx2.InvalidURL, httpx2.StreamError, ValueError) as reason:
            return Answer(call, suffix, failure=f"no answer ({reason or type(reason).__name__})", headers={})
        return Answer(call, suffix, *answer, seconds=time.monotonic() - began)

    async def _read(self, method: str, url: str, more: Any) -> tuple[int, Any, bytes]:
        limit = asyncio.timeout(3 * self.options.seconds)
        async with limit, self.client.stream(method, url, **more) as response:
            body = bytearray()
            async for chunk in response.aiter_bytes():
                body += chunk
                if len(body) > MOST_BYTES:
                    raise ValueError("longer than we read")
            return response.status_code, response.headers, bytes(body)

    @cached_property
    def formats(self) -> tuple[str, ...]:
        """The formats the server has; JSON is optional by the text."""
        suffixes = tuple(suffix for suffix in FORMATS if self.get("services", suffix).status == 200)
        return suffixes or FORMATS

    @property
    def speaks(self) -> str:
        """A format that the server has, JSON if there is a choice."""
        return self.formats[0]

    def services(self) -> list[dict[str, Any]]:
        rows = self.get("services").must_be_ok().rows()
        if not rows:
            raise NotSeen("there is no service")
        return rows

    def requests(self, **query: Any) -> list[dict[str, Any]]:
        return self.get("requests", **query).must_be_ok().rows()

    def some_requests(self) -> list[dict[str, Any]]:
        """The default list; raises `NotSeen` when it is empty."""
        requests = self.requests()
        if not requests:
            raise NotSeen("there is no request of the last 90 days")
        return requests

    def an_id(self) -> str:
        for request in self.some_requests():
            if request.get("service_request_id") not in (None, ""):
                return str(request["service_request_id"])
        raise NotSeen("no request has an id")

    def a_code(self) -> str:
        """The code of a service, one with a definition if there is one."""
        coded = [service for service in self.services() if service.get("service_code") not in (None, "")]
        for service in sorted(coded, key=lambda service: service.get("metadata") in (False, "false", None)):
            return str(service["service_code"])
        raise NotSeen("no service has a code")

    def plain_code(self) -> str:
        """The code of a service without a definition."""
        for service in self.services():
            if service.get("metadata") in (False, "false") and service.get("service_code"):
                return str(service["service_code"])
        raise NotSeen("every service has metadata")

    def definition(self, suffix: str = "json") -> Answer:
        return self.get(f"services/{quote(self.a_code(), safe='')}", suffix)

    def attributes(self) -> list[dict[str, Any]]:
        value = self.definition().must_be_ok().json()
        while isinstance(value, dict) and "attributes" not in value and len(value) == 1:
            value = next(iter(value.values()))
        rows = value.get("attributes") if isinstance(value, dict) else value
        rows = (
            [attribute for attribute in rows if isinstance(attribute, dict)] if isinstance(rows, list) else []
        )
        if not rows:
            raise NotSeen("no service has attributes")
        return rows

    def looked_at(self) -> list[Answer]:
        """Everything of the usual kind that both formats are looked at in: right answers and errors."""
        answers: list[Answer] = []
        for suffix in self.formats:
            answers += [self.get("services", suffix), self.get("requests", suffix), *self.errors(suffix)]
            with suppress(NotSeen):
                answers.append(self.definition(suffix))
            with suppress(NotSeen):
                answers.append(self.get(f"requests/{quote(self.an_id(), safe='')}", suffix))
        return [answer for answer in answers if not answer.failure]

    def errors(self, suffix: str) -> list[Answer]:
        """Answers to questions about what does not exist."""
        return [
            self.get("services/no-such-service-311", suffix),
            self.get("requests/999999999999999", suffix),
            self.get("tokens/no-such-token-311", suffix),
        ]
