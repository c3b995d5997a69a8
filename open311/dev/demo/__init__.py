"""Demo reports: the same ones every time, with histories as real reports have them.

All people and all reports are made up.
"""

import random
from collections.abc import Callable
from contextlib import closing
from functools import partial

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from open311.base.pipeline import pipelined
from open311.core import Core
from open311.dev.demo.lives import Life, Lives, moments
from open311.storage.requests import bulk_load
from open311.storage.requests.copy_ids import new_ids

# The same town each time, so that pictures and tests can speak of it.
SEED = 311
A_TIME = 2000
COLUMNS = (TextColumn("Filling in demo reports"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())


def seed(
    core: Core,
    count: int,
    number: int = SEED,
    stored: Callable[[], None] = lambda: None,
    *,
    ahead: bool = False,
) -> None:
    """Add `count` reports of the last five years, in many states; the same ones for the same number and moment.

    Shows progress. They are stored in portions, each whole or not at all, and `stored` is called after
    each; no notifications go out. With `ahead` a portion is made while others are stored.
    """
    chance = random.Random(number)
    now = core.now()
    lives = [
        Lives(catalogue, now, chance)
        for catalogue in core.catalogues.in_force
        if not catalogue.jurisdiction.harvested_from
    ]
    sent = moments(chance, now, count)
    portions = (
        _in_their_areas([chance.choice(lives).begin(moment) for moment in sent[first : first + A_TIME]])
        for first in range(0, count, A_TIME)
    )
    numbered, store = partial(_numbered, core), partial(_store, core)
    with (
        Progress(*COLUMNS, console=Console(stderr=True)) as progress,
        closing(pipelined(portions, numbered, store, 0, ahead=ahead)) as results,
    ):
        task = progress.add_task("", total=count)
        for done in results:
            stored()
            progress.update(task, completed=done)


def _numbered(core: Core, portion: list[Life]) -> tuple[list[Life], list[int]]:
    with core.database.read() as conn:
        return portion, new_ids(conn, len(portion))


def _store(core: Core, numbered: tuple[list[Life], list[int]], turn: Callable[[], int]) -> int:
    """Store a portion; returns how many there are with those before it."""
    portion, numbers = numbered
    with core.database.begin() as conn:
        bulk_load.store(conn, portion, numbers)
        return turn() + len(portion)


def _in_their_areas(portion: list[Life]) -> list[Life]:
    """Reports that know their areas, which are asked for together."""
    for catalogue in {id(life.catalogue): life.catalogue for life in portion}.values():
        mine = [life for life in portion if life.catalogue is catalogue]
        places = [life.request.location for life in mine]
        for life, areas in zip(mine, catalogue.desk.areas.at_each(places), strict=True):
            life.areas = areas
    return portion
