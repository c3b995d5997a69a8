"""The peers and our own server in turn, on the same rows."""

import argparse
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks import load
from benchmarks.load import Figures, Load
from benchmarks.peers import start


def measure(folder: Path, url: str, port: int, asked: argparse.Namespace) -> dict[str, Any]:
    """Lists of 100 and 1000, newest first; ours never from memory as a whole."""
    runs: dict[str, dict[str, list[Figures]]] = {}
    with start.running(folder, url) as peers:
        for _ in range(asked.rounds):
            for rows in (100, 1000):
                here = Load([f"/open311/v2/requests.json?page_size={rows}"], unique=True)
                there = {name: (at, Load([address.format(rows)])) for name, (at, address) in peers.items()}
                for name, (at, server) in {"ours": (port, here), **there}.items():
                    # Some need seconds for one answer; a figure needs several.
                    figures = load.ask(
                        at, server, max(asked.seconds, 10) if name != "ours" else asked.seconds
                    )
                    runs.setdefault(str(rows), {}).setdefault(name, []).append(figures)
    return {
        rows: {name: asdict(load.median(runs)) for name, runs in by_name.items()}
        for rows, by_name in runs.items()
    }
