"""Demo reports: the same ones every time, with histories as real reports have them.

All people and all reports are made up.
"""

import random
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from open311.core import Core
from open311.dev.demo.lives import Life, Lives, moments
from open311.storage import bulk_load

SEED = 311
A_TIME = 2000
COLUMNS = (TextColumn("Filling in demo reports"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())


def seed(core: Core, count: int, number: int = SEED) -> None:
    """Add `count` reports of the last five years, in many states; the same ones for the same number and moment.

    Shows progress. They are stored in portions, each whole or not at all; no notifications go out.
    """
    chance = random.Random(number)
    now = core.now()
    lives = [
        Lives(catalogue, now, chance)
        for catalogue in core.catalogues.in_force
        if not catalogue.jurisdiction.harvested_from
    ]
    sent = moments(chance, now, count)
    # The database stores one portion while we think of the next.
    with Progress(*COLUMNS, console=Console(stderr=True)) as progress, ThreadPoolExecutor(1) as storing:
        task = progress.add_task("", total=count)
        before = storing.submit(int)
        for first in range(0, count, A_TIME):
            portion = [chance.choice(lives).begin(moment) for moment in sent[first : first + A_TIME]]
            progress.advance(task, before.result())
            before = storing.submit(_store, core, portion)
        progress.advance(task, before.result())


def _store(core: Core, portion: Sequence[Life]) -> int:
    with core.database.begin() as conn:
        bulk_load.store(conn, portion)
    return len(portion)
