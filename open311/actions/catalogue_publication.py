"""Bring the catalogue on disk into force."""

import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import structlog

from open311 import catalogue_file
from open311.base.errors import Open311Error
from open311.base.text import Text
from open311.catalogue_file import CatalogueError, CatalogueWatch
from open311.core import Core
from open311.federation import forwarding
from open311.federation.storage import sources
from open311.model.catalogue import Catalogue
from open311.storage import catalogues as memory
from open311.storage.database import Connection

log = structlog.get_logger()

LOOK_EVERY_SECONDS = 1.0


def publish(core: Core) -> None:
    """Load the catalogue files and put them in force; raises `CatalogueError` and leaves the old ones otherwise."""
    loaded = catalogue_file.load_all(core.settings.catalogue)
    troubles: list[str] = []
    with core.database.begin() as conn:
        memory.lock(conn)
        loaded = (*loaded, *_harvested(conn, loaded, troubles))
        newest = memory.newest(conn)
        recorded = [_record(conn, each, core.now()) for each in loaded]
        joined_or_left = _record_all(conn, recorded, newest, core.now())
        forwarding.keep_reader(conn, recorded)
    core.catalogues.in_force, core.catalogues.joined_or_left = recorded, joined_or_left
    core.catalogues.problem = "\n".join(troubles) or None
    core.database.freshness.renew()


def publish_change(core: Core) -> None:
    """Take up changed files in a running server: a broken one is told in the log and in `/readyz`, no more."""
    try:
        publish(core)
    except CatalogueError as broken:
        core.catalogues.problem = str(broken)
        log.error("catalogue_refused", problem=str(broken))
    else:
        log.info("catalogue_in_force", changesets=[str(each.changeset) for each in core.catalogues.in_force])


def keep_published(core: Core) -> None:
    """`publish`, and from now on take up changed files in a thread of this process, while requests go on."""
    watch = Watch(core)
    publish(core)
    threading.Thread(target=_follow, args=(watch,), name="catalogue", daemon=True).start()


class Watch:
    """Notices what changes after it was made: files here, and the catalogues of servers that are harvested."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._files = CatalogueWatch(core.settings.catalogue)
        self._stamp: int | None = None
        self._revision = _revision(core)
        self._due = False

    def look(self) -> None:
        """Take up what has changed since the last look; what went wrong is noted, and tried again the next time.

        Nothing ends the watch: a fault of ours met by an odd file must not keep the mended one out.
        """
        try:
            self._take_up()
        except Open311Error as error:
            log.error("catalogue_not_taken_up", reason=str(error))
        except Exception as error:
            trouble = f"not taken up: {type(error).__name__}: {error}"[:1000]
            if trouble != self._core.catalogues.problem:
                log.exception("catalogue_not_taken_up", reason=trouble)
            self._core.catalogues.problem = trouble

    def _take_up(self) -> None:
        self._due = self._files.changed() or self._due
        stamp = self._core.database.freshness.stamp
        if stamp != self._stamp:
            revision = _revision(self._core)
            self._due = self._due or revision != self._revision
            self._stamp, self._revision = stamp, revision
        if self._due:
            publish_change(self._core)
        self._due = False


def _follow(watch: Watch) -> None:
    while True:
        time.sleep(LOOK_EVERY_SECONDS)
        watch.look()


def _harvested(conn: Connection, own: Sequence[Catalogue], troubles: list[str]) -> Iterator[Catalogue]:
    """The catalogues of servers that are harvested; a file of our own for the same jurisdiction wins."""
    for each in sources.all_of(conn, "harvest"):
        if any(ours.jurisdiction.answers_to(each.jurisdiction_id) for ours in own):
            log.error("harvest_hidden_by_file", jurisdiction_id=each.jurisdiction_id)
        elif each.catalogue:
            try:
                yield catalogue_file.from_document(dict(each.catalogue), each.source)
            except Exception as error:
                # Nobody checks what another server says; the city's own catalogue must not wait for it.
                log.exception("harvested_catalogue_unusable", jurisdiction_id=each.jurisdiction_id)
                troubles.append(
                    f"{each.jurisdiction_id}: what {each.source} offers makes no catalogue: {error!r}"[:500]
                )


def _revision(core: Core) -> tuple[Any, ...]:
    with core.database.read() as conn:
        return sources.revision(conn)


def _record(conn: Connection, loaded: Catalogue, now: datetime) -> Catalogue:
    """Remember a catalogue; its changeset moves forward exactly when its contents did (R-067, R-068)."""
    owner = loaded.jurisdiction.jurisdiction_id
    before = memory.find(conn, owner)
    if before and before[0] == loaded.digest:
        changeset = before[1]
    else:
        changeset = max(now, before[1] + timedelta(seconds=1)) if before else now
        memory.record(conn, owner, loaded.digest, changeset)
        names = {code: each.service_name.by_language for code, each in loaded.services.items()}
        memory.keep_services(conn, owner, names, changeset)
    retired = {code: Text(names) for code, names in memory.retired_services(conn, owner).items()}
    return replace(loaded, changeset=changeset, retired=retired)


def _record_all(
    conn: Connection, loaded: Sequence[Catalogue], newest: datetime | None, now: datetime
) -> datetime:
    """When a catalogue last joined or left. One that left takes its changeset along; this one stays.

    `newest` is the newest changeset before.
    """
    ids = ",".join(sorted(each.jurisdiction.jurisdiction_id for each in loaded))
    before = memory.find(conn, memory.ALL)
    if before and before[0] == ids:
        return before[1]
    changeset = newest or now
    if before:
        changeset = max(now, changeset + timedelta(seconds=1))
    memory.record(conn, memory.ALL, ids, changeset)
    return changeset
