"""The background worker: what is not done inside a request, taken from procrastinate's queue in PostgreSQL."""

import asyncio
from typing import Any

import structlog
from procrastinate import App, JobContext, PsycopgConnector, RetryStrategy

from open311 import core as core_module
from open311.actions import casework, maps, media, publish
from open311.core import Core
from open311.settings import Settings
from open311.web import logs

log = structlog.get_logger()

RETRY = RetryStrategy(max_attempts=10, exponential_wait=3)
CONCURRENCY = 4
GRACE_SECONDS = 20
EVERY_MINUTE = "* * * * *"
EVERY_NIGHT = "17 3 * * *"


def build(core: Core) -> App:
    """The queue with its tasks; each is idempotent, since a worker may die in the middle of one."""
    url = str(core.settings.database_url).replace("postgresql+psycopg://", "postgresql://", 1)
    app = App(connector=PsycopgConnector(conninfo=url))

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
        media.fetch_outside(core, service_request_id)

    @app.task(name="forget_media", retry=RETRY)
    def forget_media(keys: list[str]) -> None:
        """Delete the files of a request that was erased."""
        media.forget(core, keys)

    @app.periodic(cron=EVERY_NIGHT)
    @app.task(name="sweep_media", queueing_lock="sweep_media", retry=RETRY)
    def sweep_media(timestamp: int) -> None:
        """Delete files that no photo points to."""
        media.sweep(core)

    @app.periodic(cron=EVERY_MINUTE)
    @app.task(name="fold_map", queueing_lock="fold_map")
    def fold_map(timestamp: int) -> None:
        """Add up what changed on the map."""
        maps.fold(core)

    @app.periodic(cron=EVERY_MINUTE)
    @app.task(name="retry_stalled", pass_context=True, queueing_lock="retry_stalled")
    async def retry_stalled(context: JobContext, timestamp: int) -> None:
        """Take up again what a worker that died had begun."""
        for job in await app.job_manager.get_stalled_jobs():
            await app.job_manager.retry_job(job)

    return app


def run(settings: Settings) -> None:
    """Work until SIGTERM or SIGINT, then finish what was begun."""
    logs.configure(settings)
    core = core_module.build(settings)
    publish.publish(core)
    publish.keep_watching(core)
    log.info("worker_started")
    asyncio.run(_work(build(core)))
    core.database.close()
    log.info("worker_stopped")


async def _work(app: App) -> None:
    options: dict[str, Any] = {"concurrency": CONCURRENCY, "shutdown_graceful_timeout": GRACE_SECONDS}
    async with app.open_async():
        await app.run_worker_async(install_signal_handlers=True, **options)
