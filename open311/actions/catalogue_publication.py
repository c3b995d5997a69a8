"""Bring the catalogue on disk into force."""

import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Protocol

import structlog

from open311 import catalogue_file
from open311.base.errors import Open311Error
from open311.base.text import Text, how_many
from open311.catalogue_file import CatalogueError, CatalogueWarning, CatalogueWatch
from open311.core import Core
from open311.model.catalogue import Catalogue
from open311.model.task_names import TaskName
from open311.storage import catalogues as memory
from open311.storage import jobs
from open311.storage.database import Connection
from open311.storage.staff_accounts import memberships

log = structlog.get_logger()

# A look is one stat a file: a saved file takes effect at once, and it costs nothing.
LOOK_EVERY_SECONDS = 1.0


class FurtherCatalogues(Protocol):
    """Catalogues beside those in files."""

    def revision(self, conn: Connection) -> tuple[Any, ...]:
        """Differs whenever they do."""

    def catalogues(self, conn: Connection, own: Sequence[Catalogue]) -> tuple[list[Catalogue], list[str]]:
        """Those that may come beside our `own`, and what keeps others out."""

    def put_in_force(self, conn: Connection, catalogues: Sequence[Catalogue]) -> None:
        """Do what follows from the catalogues now in force, all of them."""


class FilesAlone:
    """No further catalogues."""

    def revision(self, conn: Connection) -> tuple[Any, ...]:
        """Always the same."""
        return ()

    def catalogues(self, conn: Connection, own: Sequence[Catalogue]) -> tuple[list[Catalogue], list[str]]:
        """None."""
        return [], []

    def put_in_force(self, conn: Connection, catalogues: Sequence[Catalogue]) -> None:
        """Nothing follows."""


FILES_ALONE = FilesAlone()


def publish(core: Core, further: FurtherCatalogues = FILES_ALONE) -> None:
    """Load the catalogue files and put them in force; raises `CatalogueError` and leaves the old ones otherwise."""
    own = catalogue_file.load_all(core.settings.catalogue)
    with core.database.begin() as conn:
        # All processes see the changed file within the same second, and the changeset must move once.
        memory.lock(conn)
        others, problems = further.catalogues(conn, own)
        loaded = (*own, *others)
        newest = memory.newest(conn)
        recorded = [_record(conn, catalogue, core.now()) for catalogue in loaded]
        joined_or_left = _record_all(conn, recorded, newest, core.now())
        further.put_in_force(conn, recorded)
        roles_given = memberships.roles_given(conn, core.now())
    # After the commit, by one assignment each: a request that runs meanwhile keeps the list it has begun with.
    core.catalogues.in_force, core.catalogues.joined_or_left = recorded, joined_or_left
    core.catalogues.problem = "\n".join(problems) or None
    core.catalogues.warnings = [
        warning
        for catalogue in own
        for warning in (*catalogue_file.warnings(catalogue), *_roles_gone(catalogue, roles_given))
    ]
    core.database.freshness.renew()


def _roles_gone(
    catalogue: Catalogue, roles_given: Mapping[str, Mapping[str, int]]
) -> Iterator[CatalogueWarning]:
    """The roles that people have and the catalogue has not: nobody should lose rights unnoticed."""
    owner = catalogue.jurisdiction.jurisdiction_id
    for code, number in roles_given.get(owner, {}).items():
        if code not in catalogue.desk.roles:
            text = (
                f"{how_many(number, 'person has', 'people have')} the role {code}, which gives nothing: it is"
                " no longer in desk.roles; put it back, or give another one"
            )
            log.warning("role_gone", jurisdiction_id=owner, role=code, given=number)
            yield CatalogueWarning(owner, "roles", text)


def publish_change(core: Core, further: FurtherCatalogues = FILES_ALONE) -> None:
    """Take up changed files in a running server: a broken one is told in the log and in `/readyz`, no more."""
    try:
        publish(core, further)
    except CatalogueError as broken:
        core.catalogues.problem = str(broken)
        log.error("catalogue_refused", problem=str(broken))
    else:
        log.info(
            "catalogue_in_force",
            changesets=[str(catalogue.changeset) for catalogue in core.catalogues.in_force],
        )


def keep_published(core: Core, further: FurtherCatalogues) -> None:
    """`publish`, and from now on take up changed files in a thread of this process, while requests go on."""
    watch = Watch(core, further)
    publish(core, further)
    threading.Thread(target=_follow, args=(watch,), name="catalogue", daemon=True).start()


class Watch:
    """Notices what changes after it was made: files, and further catalogues."""

    def __init__(self, core: Core, further: FurtherCatalogues = FILES_ALONE) -> None:
        self._core, self._further = core, further
        self._files = CatalogueWatch(core.settings.catalogue)
        self._stamp: int | None = None
        self._revision = self._look_up()
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
            revision = self._look_up()
            self._due = self._due or revision != self._revision
            self._stamp, self._revision = stamp, revision
        if self._due:
            publish_change(self._core, self._further)
        self._due = False

    def _look_up(self) -> tuple[Any, ...]:
        with self._core.database.read() as conn:
            return self._further.revision(conn)


def _follow(watch: Watch) -> None:
    while True:
        time.sleep(LOOK_EVERY_SECONDS)
        watch.look()


def _record(conn: Connection, loaded: Catalogue, now: datetime) -> Catalogue:
    """Remember a catalogue; its changeset moves forward exactly when its contents did (R-067, R-068)."""
    owner = loaded.jurisdiction.jurisdiction_id
    before = memory.find(conn, owner)
    if before and before[0] == loaded.digest:
        changeset = before[1]
    else:
        # Clients compare whole seconds and take what is not newer for known, whatever our clock says.
        changeset = max(now, before[1] + timedelta(seconds=1)) if before else now
        memory.record(conn, owner, loaded.digest, changeset)
        if memory.keep_text_search(conn, owner, loaded.jurisdiction.text_search) and before:
            jobs.defer(conn, TaskName.STORE_WORDS, jurisdiction_id=owner)
        names = {code: service.service_name.by_language for code, service in loaded.services.items()}
        memory.keep_services(conn, owner, names, changeset)
    retired = {code: Text(names) for code, names in memory.retired_services(conn, owner).items()}
    return replace(loaded, changeset=changeset, retired=retired)


def _record_all(
    conn: Connection, loaded: Sequence[Catalogue], newest: datetime | None, now: datetime
) -> datetime:
    """When a catalogue last joined or left. One that left takes its changeset along; this one stays.

    `newest` is the newest changeset before.
    """
    ids = ",".join(sorted(catalogue.jurisdiction.jurisdiction_id for catalogue in loaded))
    before = memory.find(conn, memory.ALL)
    if before and before[0] == ids:
        return before[1]
    changeset = newest or now
    if before:
        changeset = max(now, changeset + timedelta(seconds=1))
    memory.record(conn, memory.ALL, ids, changeset)
    return changeset
