"""What is not in v2 but seen in production, if it is offered (georeport.md, 7.10)."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from open311.checker.requests import STANDARD, ids, moment
from open311.checker.requirement import EXT, Finding, NotOffered, NotSeen, requires
from open311.checker.subject import Subject
from open311.checker.values import as_number

Findings = Iterator[Finding]


@requires("R-189", EXT, "`page`, `page_size`")
def paging(s: Subject) -> Findings:
    rows = s.some_requests()
    if len(rows) < 3:
        raise NotSeen("too few requests for two pages")
    size = max(1, min(20, len(rows) // 2))
    first, second = (s.get("requests", page=page, page_size=size) for page in (1, 2))
    if first.status != 200 or len(first.rows()) != size:
        raise NotOffered(
            f"page_size={size} gives {len(first.rows()) if first.status == 200 else first.summary}"
        )
    if not set(ids(first.rows())).isdisjoint(ids(second.must_be_ok().rows())):
        yield Finding("pages 1 and 2 have requests in common")
    behind = s.get("requests", page=100_000, page_size=size)
    if behind.status != 200 or behind.rows():
        again = behind.status == 200
        yield Finding(
            f"{behind.summary}; a page behind the last is empty", "last-page-again" if again else None
        )
    if not first.headers.get("link"):
        yield Finding("without a `Link` header")


@requires("R-191", EXT, "`updated_after`")
def updated_after(s: Subject) -> Findings:
    rows = s.some_requests()
    moments = sorted(moment(row, "updated_datetime") for row in rows)
    edge = moments[len(moments) // 2]
    if edge == moments[0]:
        raise NotSeen("all requests were updated at the same moment")
    edge_moment = (edge + timedelta(seconds=0)).isoformat(timespec="seconds")
    answer = s.get("requests", updated_after=edge_moment)
    if answer.status != 200 or any(moment(row, "updated_datetime") < edge for row in answer.rows()):
        raise NotOffered("older ones are found too" if answer.status == 200 else answer.summary)
    wanted = {str(row.get("service_request_id")) for row in rows if moment(row, "updated_datetime") == edge}
    if not wanted & set(ids(answer.rows())) and len(answer.rows()) < 50:
        yield Finding("the bound itself is left out")


@requires("R-192", EXT, "`bbox`, and `lat`, `long`, `radius`")
def places(s: Subject) -> Findings:
    row = next((request for request in s.some_requests() if as_number(request.get("lat"))), None)
    if row is None:
        raise NotSeen("no request has coordinates")
    lat, long = as_number(row["lat"]) or 0.0, as_number(row.get("long")) or 0.0
    box = f"{long - 0.002:.6f},{lat - 0.002:.6f},{long + 0.002:.6f},{lat + 0.002:.6f}"
    questions: dict[str, dict[str, Any]] = {
        "bbox": {"bbox": box},
        "radius": {"lat": lat, "long": long, "radius": 100},
    }
    missing = [name for name, query in questions.items() if not _only_near(s, lat, long, query)]
    if len(missing) == 2:
        raise NotOffered("both are ignored")
    yield from (Finding(f"{name} is not offered") for name in missing)


def _only_near(s: Subject, lat: float, long: float, query: dict[str, Any]) -> bool:
    answer = s.get("requests", **query)
    if answer.status != 200 or not answer.rows():
        return False
    points = [(as_number(row.get("lat")), as_number(row.get("long"))) for row in answer.rows()]
    return all(
        a is not None and b is not None and abs(a - lat) < 0.01 and abs(b - long) < 0.01 for a, b in points
    )


@requires("R-193", EXT, "`q`")
def words(s: Subject) -> Findings:
    answer = s.get("requests", q="zzzzqqqxnosuchword")
    if answer.status != 200 or answer.rows():
        raise NotOffered("it is ignored" if answer.status == 200 else answer.summary)
    yield from ()


@requires("R-194", EXT, "`extensions=true`")
def extended(s: Subject) -> Findings:
    plain = s.some_requests()[0]
    answer = s.requests(extensions="true")
    twin = next(
        (request for request in answer if request.get("service_request_id") == plain["service_request_id"]),
        {},
    )
    if not set(twin) - set(plain):
        raise NotOffered("nothing is added")
    changed = [name for name in STANDARD if twin.get(name) != plain.get(name)]
    if changed:
        yield Finding(f"standard fields change: {changed}")
    fields = [
        name for name in ("email", "phone", "first_name", "last_name") if str(twin).find(f"'{name}'") >= 0
    ]
    if fields:
        yield Finding(f"personal data: {fields}")


@requires("R-195", EXT, "`servicerequestupdates`")
def updates(s: Subject) -> Findings:
    answer = s.get("servicerequestupdates", s.speaks)
    if answer.status != 200:
        raise NotOffered(answer.summary)
    if s.speaks == "json":
        for row in answer.rows():
            if not row.get("update_id") or not row.get("service_request_id"):
                yield Finding(f"an update without ids: {row!r:.80}")


@requires("R-197", EXT, "`detailed_status`")
def detailed_status(s: Subject) -> Findings:
    answer = s.get("requests", detailed_status="NO_SUCH_STATUS")
    if answer.status == 200 and len(answer.rows()) == len(s.some_requests()):
        raise NotOffered("it is ignored")
    yield from ()


@requires("R-198", EXT, "access from browsers of other origins")
def cors(s: Subject) -> Findings:
    answer = s.get("services", s.speaks, {"Origin": "https://example.org"})
    if answer.headers.get("access-control-allow-origin") not in ("*", "https://example.org"):
        raise NotOffered("no `Access-Control-Allow-Origin`")
    preflight = s.get(
        "requests",
        s.speaks,
        {"Origin": "https://example.org", "Access-Control-Request-Method": "POST"},
        method="OPTIONS",
    )
    if preflight.status not in (200, 204):
        yield Finding(preflight.summary)


@requires("R-199", EXT, "conditional GET")
def conditional(s: Subject) -> Findings:
    tag = s.get("services", s.speaks).headers.get("etag")
    if not tag:
        raise NotOffered("no `ETag`")
    again = s.get("services", s.speaks, {"If-None-Match": tag})
    if again.status != 304:
        yield Finding(f"{again.summary} although nothing has changed")


@requires("change feed", EXT, "`changes.json`, the feed for copies")
def changes(s: Subject) -> Findings:
    answer = s.get("changes", "json", limit=1)
    if answer.status != 200:
        raise NotOffered(answer.summary)
    value = answer.json()
    if not isinstance(value, dict) or not {"changes", "next", "more"} <= set(value):
        yield Finding("not an object with `changes`, `next` and `more`")
