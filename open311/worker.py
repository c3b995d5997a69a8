"""The background worker: what is not done inside a request, taken from procrastinate's queue in PostgreSQL."""

import asyncio
import signal
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from threading import Event
from typing import Any

import structlog
from procrastinate import App, JobContext, PsycopgConnector, RetryStrategy
from procrastinate.exceptions import AlreadyEnqueued, ConnectorException, UniqueViolation
from procrastinate.jobs import Status

from open311 import core as core_module
from open311.actions import (
    casework,
    catalogue_publication,
    drafts,
    map_counts,
    media,
    media_fetching,
    restoring,
)
from open311.base.errors import Unavailable
from open311.core import Core
from open311.federation import forward_updates, forwarding, harvest
from open311.federation.client import RemoteError
from open311.http import access_log
from open311.notifications import messages, retention
from open311.settings import Settings
from open311.webhooks import delivery

log = structlog.get_logger()

RETRY = RetryStrategy(max_attempts=10, exponential_wait=3)
CONCURRENCY = 4
# Apart from the rest, so that targets that take their time delay nobody but each other.
OUTSIDE = "outside"
OUTSIDE_CONCURRENCY = 8
LOOK_EVERY_SECONDS = 1.0
GRACE_SECONDS = 20
CONNECTION_SECONDS = 5.0
AGAIN_SECONDS = 2.0
EVERY_MINUTE = "* * * * *"
EVERY_TEN_MINUTES = "*/10 * * * *"
EVERY_FIVE_MINUTES = "*/5 * * * *"
EVERY_HOUR = "41 * * * *"
EVERY_NIGHT = "17 3 * * *"


class QueueLostError(Exception):
    """The queue is to be taken up anew."""


def build(core: Core) -> App:
    """The queue with its tasks; each is idempotent, since a worker may die in the middle of one."""
    url = str(core.settings.database_url).replace("postgresql+psycopg://", "postgresql://", 1)
    app = App(connector=PsycopgConnector(conninfo=url, timeout=CONNECTION_SECONDS))

    @app.task(name="accept_token", retry=RETRY)
    def accept_token(token: str) -> None:
        """Give out the id behind the token of a batch service."""
        casework.accept(core, token, actor="worker")

    @app.task(name="make_thumbnail", retry=RETRY)
    def make_thumbnail(media_id: int) -> None:
        """Make the small copy of a photo."""
        media.make_thumbnail(core, media_id)

    @app.task(name="fetch_media", retry=RETRY)
    def fetch_media(service_request_id: int) -> None:
        """Fetch the pictures of a request from hosts that the operator allowed."""
        media_fetching.fetch(core, service_request_id)

    @app.task(name="forget_media", retry=RETRY)
    def forget_media(keys: list[str]) -> None:
        """Delete the files of a request that was erased."""
        media.forget(core, keys)

    @app.periodic(cron=EVERY_NIGHT)
    @app.task(name="sweep_media", queueing_lock="sweep_media", retry=RETRY)
    def sweep_media(timestamp: int) -> None:
        """Delete files that no photo points to."""
        media.sweep(core)

    @app.task(name="deliver_webhooks", queue=OUTSIDE)
    def deliver_webhooks(subscription_id: int) -> None:
        """Send what waits for one target."""
        delivery.deliver(core, subscription_id)

    @app.task(name="forward_request", queue=OUTSIDE)
    def forward_request(service_request_id: int) -> None:
        """Hand a request on to another server, or see what has become of that."""
        forwarding.attend(core, service_request_id)

    @app.task(name="pull_updates", queue=OUTSIDE)
    def pull_updates(url: str) -> None:
        """Ask another server what became of what it got from us."""
        try:
            forward_updates.pull(core, url)
        except RemoteError as failed:
            log.warning("updates_not_pulled", url=url, reason=str(failed))

    @app.periodic(cron=EVERY_FIVE_MINUTES)
    @app.task(name="pull_all_updates", queueing_lock="pull_all_updates")
    async def pull_all_updates(timestamp: int) -> None:
        """Ask every server that reports are handed on to."""
        for url in forward_updates.targets(core):
            await _defer(app, Errand("pull_updates", f"pull {url}", {"url": url}))

    @app.periodic(cron=EVERY_NIGHT)
    @app.task(name="prune_webhooks", queueing_lock="prune_webhooks", retry=RETRY)
    def prune_webhooks(timestamp: int) -> None:
        """Forget what targets were told long ago."""
        delivery.prune(core)

    @app.periodic(cron=EVERY_TEN_MINUTES)
    @app.task(name="harvest", queueing_lock="harvest", lock="harvest")
    def take_over(timestamp: int) -> None:
        """Take over what is new at the servers that are harvested."""
        harvest.run_due(core)

    _add_people(core, app)

    @app.periodic(cron=EVERY_MINUTE)
    @app.task(name="fold_map", queueing_lock="fold_map")
    def fold_map(timestamp: int) -> None:
        """Add up what changed on the map."""
        map_counts.fold(core)

    @app.periodic(cron=EVERY_MINUTE)
    @app.task(name="retry_stalled", pass_context=True, queueing_lock="retry_stalled")
    async def retry_stalled(context: JobContext, timestamp: int) -> None:
        """Take up again what a worker that died had begun."""
        for job in await app.job_manager.get_stalled_jobs():
            try:
                await app.job_manager.retry_job(job)
            except UniqueViolation:
                # Another job waits already to do the same.
                await app.job_manager.finish_job(job, status=Status.FAILED, delete_job=True)

    return app


def run(settings: Settings) -> None:
    """Work until SIGTERM or SIGINT, then finish what was begun."""
    access_log.configure(settings)
    core = core_module.build(settings)
    restoring.adopt(core)
    catalogue_publication.keep_published(core)
    log.info("worker_started")
    told = Event()
    while _loses_the_queue(core, told):
        while not _is_back(core):
            time.sleep(AGAIN_SECONDS)
    core.database.close()
    log.info("worker_stopped")


def _loses_the_queue(core: Core, told: Event) -> bool:
    """Work, and say at the end whether that is because the database went away; what was begun is taken up again."""
    lost = False
    try:
        asyncio.run(_work(build(core), core, told))
    except* (ConnectorException, QueueLostError) as reasons:
        lost = not told.is_set()
        if lost:
            first = reasons.exceptions[0]
            log.error("queue_lost", reason=str(first.__cause__ or first))
    return lost


def _is_back(core: Core) -> bool:
    try:
        core.database.check()
    except Unavailable:
        return False
    return True


def _add_people(core: Core, app: App) -> None:
    """The tasks of the public site: mails, drafts, forgetting."""

    @app.task(name="ask_follower", retry=RETRY, queue=OUTSIDE)
    def ask_follower(follower_id: int) -> None:
        """Ask somebody whether they want to follow a report."""
        messages.ask(core, follower_id)

    @app.task(name="tell_follower", retry=RETRY, queue=OUTSIDE)
    def tell_follower(follower_id: int, event_id: int) -> None:
        """Tell a follower what has happened."""
        messages.tell(core, follower_id, event_id)

    @app.task(name="send_data_link", retry=RETRY, queue=OUTSIDE)
    def send_data_link(link_id: int) -> None:
        """Send somebody the link to their data."""
        messages.send_data_link(core, link_id)

    @app.periodic(cron=EVERY_HOUR)
    @app.task(name="expire_drafts", queueing_lock="expire_drafts", retry=RETRY)
    def expire_drafts(timestamp: int) -> None:
        """Forget reports that nobody finished."""
        drafts.expire(core)

    @app.periodic(cron=EVERY_NIGHT)
    @app.task(name="forget_people", queueing_lock="forget_people", retry=RETRY)
    def forget_people(timestamp: int) -> None:
        """Forget who reported and who followed what is long closed."""
        retention.forget_people(core)


@dataclass(frozen=True, slots=True)
class Errand:
    """Something to be done outside; of those with the same lock one at a time."""

    task: str
    lock: str
    args: Mapping[str, int | str]


def errands(core: Core) -> list[Errand]:
    """What there is to do outside now."""
    restoring.adopt(core)
    delivery.enqueue(core)
    messages.read_events(core)
    forwarding.enqueue(core)
    told = [
        Errand("deliver_webhooks", f"webhook {each}", {"subscription_id": each})
        for each in delivery.with_work(core)
    ]
    handed_on = [
        Errand("forward_request", f"forward {each}", {"service_request_id": each})
        for each in forwarding.due(core)
    ]
    return [*told, *handed_on]


async def _defer(app: App, errand: Errand) -> None:
    job = app.configure_task(errand.task, queue=OUTSIDE, lock=errand.lock, queueing_lock=errand.lock)
    with suppress(AlreadyEnqueued):
        await job.defer_async(**errand.args)


async def _work(app: App, core: Core, told: Event) -> None:
    # Python's own number depends on the processors, and jobs that wait for others would take all of them.
    threads = ThreadPoolExecutor(CONCURRENCY + OUTSIDE_CONCURRENCY + 1)
    asyncio.get_running_loop().set_default_executor(threads)
    common: dict[str, Any] = {"shutdown_graceful_timeout": GRACE_SECONDS, "install_signal_handlers": False}
    async with app.open_async():
        everything = asyncio.create_task(_all(app, core, common))
        for each in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(each, _end, everything, told)
        with suppress(asyncio.CancelledError):
            await everything


def _end(everything: asyncio.Task[None], told: Event) -> None:
    told.set()
    # A second signal must not cut off what the first one let finish.
    if not everything.cancelling():
        everything.cancel()


async def _all(app: App, core: Core, common: dict[str, Any]) -> None:
    async with asyncio.TaskGroup() as group:
        group.create_task(_attend(app, queues=["default"], concurrency=CONCURRENCY, **common))
        group.create_task(
            _attend(app, queues=[OUTSIDE], concurrency=OUTSIDE_CONCURRENCY, delete_jobs="always", **common)
        )
        group.create_task(_look_out(app, core))


async def _attend(app: App, **options: Any) -> None:
    await app.run_worker_async(**options)
    # Without being told to, it ends when the database was away for a moment, and says nothing.
    raise QueueLostError("the database was away")


async def _look_out(app: App, core: Core) -> None:
    """Have errands done, from the moment there is a reason for them."""
    while True:
        try:
            for each in await asyncio.to_thread(errands, core):
                await _defer(app, each)
        except Exception as reason:
            # The database may be away for a moment; nothing is lost, since nothing was taken.
            log.error("errands_failed", reason=str(reason))
        await asyncio.sleep(LOOK_EVERY_SECONDS)
