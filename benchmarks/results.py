"""The figures as a page, and the table of goals with what was reached."""

# ruff: noqa: RUF001  (the multiplication sign is meant)

import os
import platform
from collections.abc import Iterator
from pathlib import Path
from typing import Any

HEAD = """# How fast the server is

Written by `{command}` on {machine} and {load_after:.1f} after;
{count:,} reports, {rounds} rounds of {seconds:g} s a case in turn, medians.
Servers, load generator and database share the machine. The limit is the same bytes from memory by a bare WSGI function
on the same server (bytes), the least Flask view with the same one SELECT (one select), or pgbench with the plain SELECT
or INSERT of the same rows (pgbench, 4 clients, 8 for POST). Ours runs as `open311 serve`, two workers.
"""


def machine() -> str:
    """What this was measured on."""
    names = [
        line.split(":", 1)[1].strip()
        for line in Path("/proc/cpuinfo").read_text().splitlines()
        if line.startswith("model name")
    ]
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") >> 30
    load = os.getloadavg()[0]
    return (
        f"{len(names)} × {names[0]}, {memory} GiB, Python {platform.python_version()}, load {load:.1f} before"
    )


def written(found: dict[str, Any]) -> str:
    """The whole page."""
    parts = [HEAD.format(command="make bench", **found), "\n## Goals\n", table(GOAL_HEAD, goals(found))]
    parts += ["\n## Cases\n", table(CASE_HEAD, _cases(found))]
    if "peers" in found:
        parts += ["\n## What a city would otherwise pick\n", table(PEER_HEAD, _peers(found))]
    parts += ["\n## The whole archive, one reader\n", table(ARCHIVE_HEAD, _archive(found))]
    parts += ["\n## Searches, time in the database (ms, median / maximum / rows found)\n"]
    sizes = list(found["queries"])
    head = ["search", *(f"{int(size):,}" for size in sizes), "largest / smallest", "sequential scan"]
    parts.append(table(head, _queries(found["queries"], sizes)))
    parts += ["\n## Memory (MB, now / peak)\n"]
    parts.append(table(["when", "each process"], _memory(found)))
    return "".join(parts)


GOAL_HEAD = ["goal", "figure", ""]
CASE_HEAD = [
    "",
    "case",
    "requests/s",
    "p50 ms",
    "p95 ms",
    "p99 ms",
    "bytes",
    "SQL",
    "DB ms",
    "limit/s",
    "ours / limit",
]
ARCHIVE_HEAD = ["", "reports", "seconds", "reports/s", "`COPY` of the same, seconds", "ours / `COPY`"]
PEER_HEAD = ["", "rows", "requests/s", "p50 ms", "p99 ms", "ours / theirs"]


def table(head: list[str], rows: Any) -> str:
    """Rows under a head, as Markdown has them."""
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _cases(found: dict[str, Any]) -> Iterator[list[str]]:
    for case in found["cases"]:
        ours = case["ours"]
        limit = case["limit"]
        yield [
            case["letter"],
            case["name"] + (f" ({ours['errors']:.0f} errors)" if ours["errors"] else ""),
            f"{ours['rate']:,.0f}",
            *(f"{ours[name]:.1f}" for name in ("p50", "p95", "p99")),
            f"{ours['bytes']:,.0f}",
            f"{ours['statements']:.1f}",
            f"{ours['database_ms']:.2f}",
            f"{limit['rate']:,.0f}" if limit else "",
            f"{ours['rate'] / limit['rate']:.2f}" if limit else "",
        ]


def _peers(found: dict[str, Any]) -> Iterator[list[str]]:
    for rows, by_name in found["peers"].items():
        for name, figures in by_name.items():
            ratio = by_name["ours"]["rate"] / figures["rate"] if figures["rate"] else float("inf")
            yield [
                name,
                rows,
                f"{figures['rate']:,.1f}",
                f"{figures['p50']:.0f}",
                f"{figures['p99']:.0f}",
                f"{ratio:.0f}",
            ]


def _taken_whole(found: dict[str, Any]) -> dict[str, tuple[dict[str, Any], float]]:
    """Each way to take everything, and the seconds of `COPY` for as many reports."""
    exports, limit = found["export"], found["copy"]
    share = found["sweep"]["reports"] / exports["ndjson"]["reports"]
    return {
        "export.ndjson": (exports["ndjson"], limit["ndjson"]),
        "export.csv": (exports["csv"], limit["csv"]),
        "requests.json by pages of 1000": (found["sweep"], limit["ndjson"] * share),
    }


def _archive(found: dict[str, Any]) -> Iterator[list[str]]:
    for name, (ours, limit) in _taken_whole(found).items():
        yield [
            name,
            f"{ours['reports']:,}",
            f"{ours['seconds']:.1f}",
            f"{ours['reports'] / ours['seconds']:,.0f}",
            f"{limit:.1f}",
            f"{limit / ours['seconds']:.2f}",
        ]


def _queries(by_size: dict[str, Any], sizes: list[str]) -> Iterator[list[str]]:
    for name in by_size[sizes[0]]:
        each = [by_size[size][name] for size in sizes]
        yield [
            name,
            *(f"{one['median']:.2f} / {one['maximum']:.1f} / {one['rows']:.0f}" for one in each),
            f"{each[-1]['median'] / each[0]['median']:.1f}",
            "yes" if any(one["sequential"] for one in each) else "no",
        ]


def _memory(found: dict[str, Any]) -> Iterator[list[str]]:
    told = {
        "at rest": found["memory_at_rest"],
        "after the sweep": found["sweep"]["memory"],
        "after the exports": found["export"]["csv"]["memory"],
    }
    for name, memory in told.items():
        yield [name, ", ".join(f"{now:.0f} / {peak:.0f}" for now, peak in memory.values())]


def goals(found: dict[str, Any]) -> Iterator[list[str]]:
    """Each row of the table of goals: what was to be reached, the figure, whether it was."""

    def row(goal: str, figure: float | None, reached: bool, form: str = "{:.2f}") -> list[str]:
        if figure is None:
            return [goal, "not measured", ""]
        return [goal, form.format(figure), "reached" if reached else "not reached"]

    ratios = {
        case["name"]: case["ours"]["rate"] / case["limit"]["rate"] for case in found["cases"] if case["limit"]
    }
    rates = {case["name"]: case["ours"]["rate"] for case in found["cases"]}
    wanted = [
        ("304 ≥ 0.7 × bare WSGI", "poll of 100, 304", 0.7),
        ("kept, 100 rows ≥ 0.7 × bare WSGI", "newest 100, JSON, kept", 0.7),
        ("kept, 1000 rows ≥ 0.7 × bare WSGI", "newest 1000, JSON, kept", 0.7),
        ("not kept, 100 rows ≥ 0.5 × pgbench", "newest 100, JSON, not kept", 0.5),
        ("not kept, 1000 rows ≥ 1.0 × pgbench", "newest 1000, JSON, not kept", 1.0),
        ("first time, 100 rows ≥ 0.25 × pgbench", "newest 100, JSON, first time", 0.25),
        ("first time, 1000 rows ≥ 0.35 × pgbench", "newest 1000, JSON, first time", 0.35),
        ("one request by id ≥ 0.8 × the least Flask view", "one request by id", 0.8),
        ("POST, 8 writers ≥ 0.45 × pgbench", "POST a report", 0.45),
    ]
    for goal, name, least in wanted:
        yield row(goal, ratios.get(name), ratios.get(name, 0) >= least)
    for rows in (100, 1000):
        packed = rates[f"newest {rows}, JSON, kept, gzip"] / rates[f"newest {rows}, JSON, kept"]
        yield row(f"kept, {rows} rows: gzip faster than uncompressed", packed, packed > 1)
        for kind in ("kept", "not kept", "first time"):
            ratio = rates[f"newest {rows}, XML, {kind}"] / rates[f"newest {rows}, JSON, {kind}"]
            yield row(f"{kind}, {rows} rows: XML ≥ 0.8 × JSON", ratio, ratio >= 0.8)
    peers = found.get("peers", {}).get("100", {})
    for name, least in (("DRF + drf-gis", 10), ("tipg", 40), ("pygeoapi", 40)):
        ratio = peers["ours"]["rate"] / peers[name]["rate"] if peers.get(name, {}).get("rate") else None
        yield row(f"100 rows ≥ {least} × {name}", ratio, (ratio or 0) >= least, "{:.0f}")
    spreads = {
        who: [case[who]["p99"] / case[who]["p50"] for case in found["cases"] if (case[who] or {}).get("p99")]
        for who in ("ours", "limit")
    }
    over = sum(spread > 4 for spread in spreads["ours"])
    goal = "p99 / p50 ≤ 4: cases above of {}, the worst {:.0f} (bare functions: {} of {}, {:.0f})".format(
        len(spreads["ours"]),
        max(spreads["ours"]),
        sum(spread > 4 for spread in spreads["limit"]),
        len(spreads["limit"]),
        max(spreads["limit"]),
    )
    yield row(goal, over, not over, "{}")
    yield from _query_goals(found["queries"], row)
    sweep = found["sweep"]
    ratio = sweep["last_ms"] / sweep["first_ms"]
    yield row(f"page {sweep['pages'] - 1:,} of a sweep ≤ 1.2 × page 1", ratio, ratio <= 1.2)
    for name, least in (("export.ndjson", 0.6), ("export.csv", 0.6), ("requests.json by pages of 1000", 0.4)):
        ours, limit = _taken_whole(found)[name]
        ratio = limit / ours["seconds"]
        yield row(f"{name} ≥ {least} × `COPY` of the same", ratio, ratio >= least)
    rest = max(now for now, _ in found["memory_at_rest"].values())
    last = found["export"]["csv"]["memory"]
    peak = max(peak for _, peak in last.values())
    yield row("memory of a worker at rest ≤ 150 MB", rest, rest <= 150, "{:.0f}")
    yield row("at its peak, sweep and export included ≤ 200 MB", peak, peak <= 200, "{:.0f}")
    yield row(
        "start to first answer ≤ 1.5 s", found["start_seconds"], found["start_seconds"] <= 1.5, "{:.2f}"
    )
    for name, figures in found["writes"].items():
        ratio = figures["during"]["rate"] / figures["alone"]["rate"]
        yield row(f"{name} during 50 writes/s ≥ 0.5 × alone", ratio, ratio >= 0.5)
    fresh = found["freshness"]
    yield row(f"stale answers after {fresh['reads']:,} reads", fresh["stale"], not fresh["stale"], "{}")
    yield row("across hosts ≤ 100 ms, median", fresh["elsewhere_ms"], fresh["elsewhere_ms"] <= 100, "{:.0f}")


def _query_goals(by_size: dict[str, Any], row: Any) -> Iterator[list[str]]:
    sizes = sorted(by_size, key=int)
    small, large = by_size[sizes[0]], by_size[sizes[-1]]
    names = f"{int(sizes[-1]):,} against {int(sizes[0]):,} rows"
    over = [name for name in large if large[name]["median"] > 1.5 * small[name]["median"]]
    slow = [name for name in large if large[name]["maximum"] > 25]
    yield row(f"searches {names}: slower than 1.5 × ({', '.join(over) or '-'})", len(over), not over, "{}")
    yield row(f"searches above 25 ms ({', '.join(slow) or '-'})", len(slow), not slow, "{}")
    scans = sum(one["sequential"] for one in large.values())
    yield row("plans with a sequential scan", scans, not scans, "{}")
