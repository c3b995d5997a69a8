"""Readiness, part by part."""

import shutil
from dataclasses import dataclass
from enum import StrEnum

from open311.adapters import media_store
from open311.base.errors import Unavailable
from open311.base.text import how_many
from open311.core import Core
from open311.model.task_names import Queue
from open311.settings import Settings
from open311.storage.upkeep import figures, schema
from open311.storage.upkeep.figures import Figures
from open311.storage.upkeep.schema import SchemaState

# Less is as good as full: one photo of a report may take it.
LEAST_FREE_BYTES = 256 * 1024 * 1024
# A single failure is no alarm: mail servers restart.
MAILBOX_SECONDS = 300.0


class Health(StrEnum):
    """`failing`: work is left undone. `down`: requests cannot be answered."""

    OK = "ok"
    FAILING = "failing"
    DOWN = "down"


@dataclass(frozen=True, slots=True)
class Part:
    """Something that the server depends on, its state, and what to do about it."""

    name: str
    health: Health
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Readiness:
    parts: tuple[Part, ...]

    @property
    def health(self) -> Health:
        return max((part.health for part in self.parts), key=list(Health).index)


def state(core: Core) -> Readiness:
    """Look at every part, which takes some milliseconds; a store of photos that hangs takes two seconds."""
    return Readiness(
        (
            *_of_database(core),
            _volume(core.settings),
            _store(core),
            _catalogue(core),
            *_replica(core),
        )
    )


def _of_database(core: Core) -> list[Part]:
    try:
        with core.database.read() as conn:
            state = schema.state(conn)
            counted = figures.read(conn) if state.is_usable else None
    except Unavailable as error:
        return [Part("database", Health.DOWN, str(error.__cause__ or "out of reach").splitlines()[0])]
    parts = [Part("database", Health.OK), _schema(state), _migrations(state)]
    if counted:
        parts += [
            _worker(counted),
            _queue(counted),
            *_mail(core.settings, counted),
            *_mailboxes(core.settings, counted),
        ]
    return parts


def _schema(state: SchemaState) -> Part:
    lacking = (*state.objects, *state.indexes)
    if not lacking:
        return Part("schema", Health.OK)
    return Part("schema", Health.FAILING if state.is_usable else Health.DOWN, "; ".join(state.problems))


def _migrations(state: SchemaState) -> Part:
    if state.advice is None:
        return Part("migrations", Health.OK, str(state.revision))
    return Part("migrations", Health.OK if state.is_usable else Health.DOWN, state.advice)


def _worker(counted: Figures) -> Part:
    if counted.workers:
        return Part("worker", Health.OK, f"last sign of life {counted.heartbeat:.0f} s ago")
    return Part(
        "worker", Health.FAILING, "no `open311 work` has given a sign of life for a minute; start one"
    )


def _queue(counted: Figures) -> Part:
    failed = sum(jobs.count for jobs in counted.jobs if jobs.state == "failed")
    if failed:
        return Part(
            "jobs",
            Health.FAILING,
            f"{how_many(failed, 'job', 'jobs')} failed for good; see `open311 jobs list`",
        )
    return Part("jobs", Health.OK, f"{sum(jobs.count for jobs in counted.jobs)} wait")


def _mail(settings: Settings, counted: Figures) -> list[Part]:
    if settings.smtp_url is None:
        return []
    stuck = counted.jobs_in(Queue.MAIL, "retrying", "failed")
    if not stuck:
        return [Part("mail", Health.OK)]
    advice = "look for `mail_unavailable` in the worker's log, then `open311 jobs retry --all`"
    return [Part("mail", Health.FAILING, f"{how_many(stuck, 'mail', 'mails')} could not be sent; {advice}")]


def _mailboxes(settings: Settings, counted: Figures) -> list[Part]:
    """Mailboxes that are read no more; a short outage is none."""
    known = {account.name for account in settings.imap_url}
    failing = {
        mailbox.name: mailbox.failing
        for mailbox in counted.mailboxes
        if mailbox.name in known and mailbox.failing and mailbox.failing > MAILBOX_SECONDS
    }
    if not known:
        return []
    if not failing:
        return [Part("mailboxes", Health.OK)]
    text = ", ".join(f"{name} for {seconds / 60:.0f} min" for name, seconds in failing.items())
    advice = "look for `mailbox_unavailable` in the worker's log, or ask `open311 doctor` why"
    return [Part("mailboxes", Health.FAILING, f"cannot be read: {text}; {advice}")]


def _volume(settings: Settings) -> Part:
    """The volume of the photos, or of the data folder where they are no files of this machine."""
    # A folder of photos is often a volume of its own, mounted into the data folder.
    folder = (
        media_store.folder(settings) if settings.media_store == "folder" else settings.data_dir.absolute()
    )
    existing = next(place for place in (folder, *folder.parents) if place.exists())
    free = shutil.disk_usage(existing).free
    detail = f"{free // 1024**2} MiB are free for {folder}"
    if free >= LEAST_FREE_BYTES:
        return Part("volume", Health.OK, detail)
    least = LEAST_FREE_BYTES // 1024**2
    return Part("volume", Health.FAILING, f"{detail}, {least} are the least: make room, or the volume larger")


def _store(core: Core) -> Part:
    problem = core.store_probe.problem(core.settings)
    if problem is None:
        return Part("photos", Health.OK)
    advice = "photos wait; look at the settings that begin with OPEN311_MEDIA_"
    return Part("photos", Health.FAILING, f"{problem}; {advice}")


def _catalogue(core: Core) -> Part:
    """Whether it is in force; what is worth a look in it keeps no balancer from sending requests."""
    problem = core.catalogues.problem
    if problem:
        return Part("catalogue", Health.FAILING, problem)
    return Part("catalogue", Health.OK, "; ".join(map(str, core.catalogues.warnings)))


def _replica(core: Core) -> list[Part]:
    state = core.database.replica_state
    if state is None:
        return []
    return [Part("replica", Health.OK if state == "ok" else Health.FAILING, state)]
