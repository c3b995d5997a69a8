"""The background worker: what is not done inside a request, taken from procrastinate's queue in PostgreSQL."""

import asyncio
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from threading import Event
from typing import Any

import structlog
from procrastinate import App, PsycopgConnector
from procrastinate.exceptions import ConnectorException, UniqueViolation
from procrastinate.jobs import Status

from open311 import core as core_module
from open311.actions import catalogue_publication
from open311.actions.upkeep import restoring
from open311.adapters import log_output
from open311.base import job_log
from open311.base.errors import Unavailable
from open311.core import Core
from open311.federation.catalogues import HARVESTED
from open311.model.task_names import Queue, TaskName
from open311.settings import Settings
from open311.tasks import EVERY_MINUTE, TASKS, Task, defer_due

log = structlog.get_logger()

# How many jobs of each queue are done at a time.
PLACES = {
    Queue.DEFAULT: 4,
    Queue.MAIL: 4,
    Queue.MAIL_IN: 1,
    Queue.WEBHOOKS: 8,
    Queue.FORWARDS: 4,
    Queue.PHOTOS: 2,
}
# Where release 0.1.0 queues what goes outside; one of its servers may still run during an update.
FORMER_QUEUE = "outside"
# Their tables say what is still to be done, so a job that died needs no trace in the queue.
WITHOUT_TRACE = (Queue.WEBHOOKS, Queue.FORWARDS)
LOOK_EVERY_SECONDS = 1.0
# Less than the thirty seconds after which Kubernetes kills. What is not done by then is done again at the next start.
GRACE_SECONDS = 20
CONNECTION_SECONDS = 5.0
# Beside one for each queue that hears of new jobs.
MOST_CONNECTIONS = 4
AGAIN_SECONDS = 2.0


class QueueLostError(Exception):
    """The connection to the queue is gone; the worker has to open it again."""


def build(core: Core) -> App:
    """The queue with the tasks that `tasks.TASKS` lists."""
    url = str(core.settings.database_url).replace("postgresql+psycopg://", "postgresql://", 1)
    app = App(
        connector=PsycopgConnector(
            conninfo=url, timeout=CONNECTION_SECONDS, min_size=1, max_size=MOST_CONNECTIONS
        )
    )
    for name, task in TASKS.items():
        _add(app, core, name, task)

    @app.periodic(cron=EVERY_MINUTE)
    @app.task(name=TaskName.RETRY_STALLED, queueing_lock=TaskName.RETRY_STALLED)
    async def retry_stalled(timestamp: int) -> None:
        """Take up again what a worker that died had begun."""
        for job in await app.job_manager.get_stalled_jobs():
            try:
                await app.job_manager.retry_job(job)
            except UniqueViolation:
                # Another job waits already to do the same.
                await app.job_manager.finish_job(job, status=Status.FAILED, delete_job=True)

    return app


def _add(app: App, core: Core, name: TaskName, task: Task) -> None:
    options: dict[str, Any] = {"name": name, "queue": name.queue, "retry": task.retry or False}
    if task.alone:
        options["lock"] = name
    if task.cron is None:
        app.task(**options)(partial(_run, task, core))
        return

    @app.periodic(cron=task.cron)
    @app.task(queueing_lock=name, **options)
    def run_at(timestamp: int) -> None:
        task.run(core)


def _run(task: Task, core: Core, *, traceparent: str | None = None, **args: Any) -> None:
    # The middleware has read which chain the job belongs to.
    task.run(core, **args)


def run(settings: Settings) -> None:
    """Work until SIGTERM or SIGINT, then finish what was begun."""
    log_output.configure(settings)
    job_log.install()
    core = core_module.build(settings)
    restoring.adopt(core)
    catalogue_publication.keep_published(core, HARVESTED)
    log.info("worker_started")
    to_end = Event()
    while _loses_the_queue(core, to_end):
        while not _is_back(core):
            time.sleep(AGAIN_SECONDS)
    core.database.close()
    log.info("worker_stopped")


def _loses_the_queue(core: Core, to_end: Event) -> bool:
    """Work, and say at the end whether that is because the database went away; what was begun is taken up again."""
    lost, ending = False, signal.getsignal(signal.SIGTERM)
    try:
        asyncio.run(_work(build(core), core, to_end))
    except* (ConnectorException, QueueLostError) as reasons:
        lost = not to_end.is_set()
        if lost:
            first = reasons.exceptions[0]
            log.error("queue_lost", reason=str(first.__cause__ or first))
    finally:
        # The loop takes its own away and puts none in its place.
        signal.signal(signal.SIGTERM, ending)
    return lost


def _is_back(core: Core) -> bool:
    try:
        core.database.check()
    except Unavailable:
        return False
    return True


async def _work(app: App, core: Core, to_end: Event) -> None:
    # Python's own number depends on the processors, and jobs that wait for others would take all of them.
    threads = ThreadPoolExecutor(sum(PLACES.values()) + 1)
    asyncio.get_running_loop().set_default_executor(threads)
    common: dict[str, Any] = {
        "shutdown_graceful_timeout": GRACE_SECONDS,
        "install_signal_handlers": False,
        "worker_middleware": [job_log.in_each_line],
    }
    async with app.open_async():
        everything = asyncio.create_task(_all(app, core, common))
        for signum in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(signum, _end, everything, to_end)
        with suppress(asyncio.CancelledError):
            await everything


def _end(everything: asyncio.Task[None], to_end: Event) -> None:
    to_end.set()
    # A second signal must not cut off what the first one let finish.
    if not everything.cancelling():
        everything.cancel()


async def _all(app: App, core: Core, common: dict[str, Any]) -> None:
    async with asyncio.TaskGroup() as group:
        for queue, places in PLACES.items():
            queues = [queue, FORMER_QUEUE] if queue is Queue.MAIL else [queue]
            delete = "always" if queue in WITHOUT_TRACE else "successful"
            group.create_task(_attend(app, queues=queues, concurrency=places, delete_jobs=delete, **common))
        group.create_task(_look_out(core))


async def _attend(app: App, **options: Any) -> None:
    await app.run_worker_async(**options)
    # Without being told to, it ends when the database was away for a moment, and says nothing.
    raise QueueLostError("the database was away")


async def _look_out(core: Core) -> None:
    """Have done what is to be done outside, from the moment there is a reason for it."""
    while True:
        try:
            await asyncio.to_thread(defer_due, core)
        except Exception as reason:
            # The database may be away for a moment; nothing is lost, since nothing was taken.
            log.error("errands_failed", reason=str(reason.__cause__ or reason))
        await asyncio.sleep(LOOK_EVERY_SECONDS)
