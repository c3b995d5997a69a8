"""The names of the worker's tasks: all that the code that defers one knows of it. `tasks.TASKS` has what each does."""

from enum import StrEnum
from typing import Self


class Queue(StrEnum):
    """Where jobs wait."""

    # Each has its own places in the worker, so that a full queue, or a slow server, delays no other.
    DEFAULT = "default"
    MAIL = "mail"
    MAIL_IN = "mail_in"
    WEBHOOKS = "webhooks"
    FORWARDS = "forwards"
    PHOTOS = "photos"


class TaskName(StrEnum):
    """A task, and the queue in which its jobs wait; those of a higher priority come first."""

    queue: Queue
    priority: int

    def __new__(cls, value: str, queue: Queue = Queue.DEFAULT, priority: int = 0) -> Self:
        """A name; queue and priority are no part of what it equals."""
        member = str.__new__(cls, value)
        member._value_ = value
        member.queue, member.priority = queue, priority
        return member

    ACCEPT_TOKEN = "accept_token"
    FIND_PLACE = "find_place"
    MAKE_THUMBNAIL = "make_thumbnail", Queue.PHOTOS
    SUGGEST_BOXES = "suggest_boxes", Queue.PHOTOS
    FETCH_MEDIA = "fetch_media", Queue.PHOTOS
    FORGET_MEDIA = "forget_media", Queue.PHOTOS
    SWEEP_MEDIA = "sweep_media", Queue.PHOTOS

    DELIVER_WEBHOOKS = "deliver_webhooks", Queue.WEBHOOKS
    PRUNE_WEBHOOKS = "prune_webhooks"

    FORWARD_REQUEST = "forward_request", Queue.FORWARDS
    PULL_UPDATES = "pull_updates", Queue.FORWARDS
    PULL_ALL_UPDATES = "pull_all_updates"
    HARVEST = "harvest", Queue.FORWARDS

    # Somebody waits for these in front of a screen; news of a report can wait.
    ASK_FOLLOWER = "ask_follower", Queue.MAIL, 1
    TELL_FOLLOWER = "tell_follower", Queue.MAIL
    SEND_DATA_LINK = "send_data_link", Queue.MAIL, 1
    FETCH_MAILS = "fetch_mails", Queue.MAIL_IN
    EXPIRE_DRAFTS = "expire_drafts"
    FORGET_PEOPLE = "forget_people"

    SEND_STAFF_LINK = "send_staff_link", Queue.MAIL, 1
    TELL_STAFF = "tell_staff", Queue.MAIL
    TIDY_STAFF = "tidy_staff"
    RUN_BULK = "run_bulk"
    WRITE_EXPORT = "write_export"
    ENQUEUE_DIGESTS = "enqueue_digests"
    SEND_DIGEST = "send_digest", Queue.MAIL
    ATTEND_DEADLINES = "attend_deadlines"
    SEND_NOTICES = "send_notices", Queue.MAIL
    ENQUEUE_DAYS = "enqueue_days"
    SEND_DAY = "send_day", Queue.MAIL

    COPY_ERASURES = "copy_erasures"
    FORGET_OLD = "forget_old"

    WRITE_TO_REPORTER = "write_to_reporter", Queue.MAIL
    WRITE_TO_CONTRACTOR = "write_to_contractor", Queue.MAIL
    ATTEND_ORDERS = "attend_orders"
    WRITE_TO_OBJECTOR = "write_to_objector", Queue.MAIL
    ASK_ALERT = "ask_alert", Queue.MAIL, 1
    SEND_ALERT = "send_alert", Queue.MAIL
    ENQUEUE_ALERTS = "enqueue_alerts"
    SEND_RECEIPT = "send_receipt", Queue.MAIL, 1
    RESUME_CASES = "resume_cases"
    ADD_MISSING_CASES = "add_missing_cases"
    DESTROY_ORIGINALS = "destroy_originals"

    DROP_OLD_MAPS = "drop_old_maps"
    FOLD_MAP = "fold_map"
    ADD_UP_STATISTICS = "add_up_statistics"
    ADD_UP_DESK_FIGURES = "add_up_desk_figures"
    STORE_WORDS = "store_words"
    RETRY_STALLED = "retry_stalled"
