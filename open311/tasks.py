"""What the worker does: each task's function, and when it is done again. Queues are beside the names."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import structlog
from procrastinate import RetryStrategy

from open311.actions import casework
from open311.actions.addresses import placing
from open311.actions.desk import bulk
from open311.actions.exports import export_files
from open311.actions.photos import media, media_fetching
from open311.actions.reporting import drafts
from open311.actions.staff_accounts import staff_retention
from open311.actions.staff_mail import reminders, staff_days, staff_digests, staff_mails, staff_notices
from open311.actions.upkeep import desk_figures, housekeeping, map_counts, restoring, statistics, text_search
from open311.basemap import cleaning
from open311.core import Core
from open311.federation import harvest
from open311.federation.client.answers import RemoteError
from open311.federation.forwarding import forward_updates, handover
from open311.inbox import fetching
from open311.model.access.actor import WORKER
from open311.model.task_names import TaskName
from open311.notifications import alerts
from open311.notifications.mails import letters, messages, order_mails
from open311.notifications.privacy import retention
from open311.storage import jobs
from open311.webhooks import delivery

log = structlog.get_logger()

RETRY = RetryStrategy(max_attempts=10, exponential_wait=3)
EVERY_MINUTE = "* * * * *"
EVERY_FIVE_MINUTES = "*/5 * * * *"
EVERY_TEN_MINUTES = "*/10 * * * *"
EVERY_HOUR = "41 * * * *"
EVERY_NIGHT = "17 3 * * *"


@dataclass(frozen=True, slots=True)
class Task:
    """How a task runs. Each is idempotent, since a worker may die in the middle of one.

    `run` gets the Core and what was deferred. What `cron` begins never waits twice, and with `alone` never runs twice
    at a time.
    """

    run: Callable[..., object]
    retry: RetryStrategy | None = None
    cron: str | None = None
    alone: bool = False


def _accept_token(core: Core, token: str) -> None:
    casework.accept(core, token, actor=WORKER)


def _pull_updates(core: Core, url: str) -> None:
    try:
        forward_updates.pull(core, url)
    except RemoteError as failed:
        log.warning("updates_not_pulled", url=url, reason=str(failed))


def _pull_all_updates(core: Core) -> None:
    for url in forward_updates.targets(core):
        _defer(core, TaskName.PULL_UPDATES, lock=f"pull {url}", url=url)


# All but `RETRY_STALLED`, which is about the queue itself and is in `worker.build`.
TASKS: Mapping[TaskName, Task] = {
    TaskName.ACCEPT_TOKEN: Task(_accept_token, RETRY),
    TaskName.FIND_PLACE: Task(placing.find_place, RETRY),
    TaskName.MAKE_THUMBNAIL: Task(media.make_thumbnail, RETRY),
    TaskName.SUGGEST_BOXES: Task(media.suggest_boxes, RETRY),
    TaskName.FETCH_MEDIA: Task(media_fetching.fetch, RETRY),
    TaskName.FORGET_MEDIA: Task(media.forget, RETRY),
    TaskName.SWEEP_MEDIA: Task(media.sweep, RETRY, EVERY_NIGHT),
    TaskName.DELIVER_WEBHOOKS: Task(delivery.deliver),
    TaskName.PRUNE_WEBHOOKS: Task(delivery.prune, RETRY, EVERY_NIGHT),
    TaskName.FORWARD_REQUEST: Task(handover.attend),
    TaskName.PULL_UPDATES: Task(_pull_updates),
    TaskName.PULL_ALL_UPDATES: Task(_pull_all_updates, cron=EVERY_FIVE_MINUTES),
    TaskName.HARVEST: Task(harvest.run_due, cron=EVERY_TEN_MINUTES, alone=True),
    TaskName.ASK_FOLLOWER: Task(messages.send_confirmation, RETRY),
    TaskName.TELL_FOLLOWER: Task(messages.send_news, RETRY),
    TaskName.SEND_DATA_LINK: Task(messages.send_data_link, RETRY),
    TaskName.WRITE_TO_REPORTER: Task(letters.send, RETRY),
    TaskName.WRITE_TO_CONTRACTOR: Task(order_mails.send, RETRY),
    TaskName.ATTEND_ORDERS: Task(casework.attend_orders, cron=EVERY_HOUR, alone=True),
    TaskName.RESUME_CASES: Task(casework.resume_due, cron=EVERY_MINUTE, alone=True),
    TaskName.ADD_MISSING_CASES: Task(casework.add_missing, cron=EVERY_TEN_MINUTES, alone=True),
    TaskName.DESTROY_ORIGINALS: Task(casework.destroy_originals, RETRY, EVERY_HOUR),
    TaskName.FETCH_MAILS: Task(fetching.fetch_all, cron=EVERY_MINUTE, alone=True),
    TaskName.EXPIRE_DRAFTS: Task(drafts.expire, RETRY, EVERY_HOUR),
    TaskName.FORGET_PEOPLE: Task(retention.forget_people, RETRY, EVERY_NIGHT),
    TaskName.WRITE_TO_OBJECTOR: Task(letters.write_to_objector, RETRY),
    TaskName.ASK_ALERT: Task(alerts.send_question, RETRY),
    TaskName.SEND_ALERT: Task(alerts.send_news, RETRY),
    TaskName.ENQUEUE_ALERTS: Task(alerts.enqueue, cron=EVERY_TEN_MINUTES),
    TaskName.SEND_RECEIPT: Task(letters.send_receipt, RETRY),
    TaskName.SEND_STAFF_LINK: Task(staff_mails.send_link, RETRY),
    TaskName.TELL_STAFF: Task(staff_mails.send_notice, RETRY),
    TaskName.ENQUEUE_DIGESTS: Task(staff_digests.enqueue, cron=EVERY_TEN_MINUTES, alone=True),
    TaskName.SEND_DIGEST: Task(staff_digests.send, RETRY),
    TaskName.ATTEND_DEADLINES: Task(reminders.attend, cron=EVERY_TEN_MINUTES, alone=True),
    TaskName.SEND_NOTICES: Task(staff_notices.send, RETRY),
    TaskName.ENQUEUE_DAYS: Task(staff_days.enqueue, cron=EVERY_TEN_MINUTES, alone=True),
    TaskName.SEND_DAY: Task(staff_days.send, RETRY),
    TaskName.RUN_BULK: Task(bulk.run, RETRY),
    TaskName.WRITE_EXPORT: Task(export_files.write, RETRY),
    TaskName.TIDY_STAFF: Task(staff_retention.tidy, RETRY, EVERY_HOUR),
    TaskName.COPY_ERASURES: Task(restoring.copy_erasures, RETRY, EVERY_MINUTE),
    TaskName.FORGET_OLD: Task(housekeeping.forget_old, RETRY, EVERY_NIGHT),
    TaskName.DROP_OLD_MAPS: Task(cleaning.drop_old, RETRY, EVERY_HOUR),
    TaskName.ADD_UP_STATISTICS: Task(statistics.add_up, cron=EVERY_TEN_MINUTES, alone=True),
    TaskName.ADD_UP_DESK_FIGURES: Task(desk_figures.add_up, cron=EVERY_TEN_MINUTES, alone=True),
    TaskName.FOLD_MAP: Task(map_counts.fold, cron=EVERY_MINUTE),
    TaskName.STORE_WORDS: Task(text_search.store_words, RETRY),
}


def defer_due(core: Core) -> None:
    """Have done outside what there is a reason for now, one job at a time for each target and request."""
    restoring.adopt(core)
    delivery.enqueue(core)
    messages.read_events(core)
    handover.enqueue(core)
    for subscription_id in delivery.with_work(core):
        lock = f"webhook {subscription_id}"
        _defer(core, TaskName.DELIVER_WEBHOOKS, lock=lock, subscription_id=subscription_id)
    for number in handover.due(core):
        _defer(core, TaskName.FORWARD_REQUEST, lock=f"forward {number}", service_request_id=number)


def _defer(core: Core, task: TaskName, *, lock: str, **args: Any) -> None:
    # Each in a transaction of its own: two workers that defer the same in different orders would wait for each other.
    with core.database.begin() as conn:
        jobs.defer(conn, task, lock=lock, **args)
