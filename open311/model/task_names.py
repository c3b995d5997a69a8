"""What the worker can be asked to do. Whoever asks names a task and knows no more of it; `tasks.TASKS` does them."""

from enum import StrEnum
from typing import Self


class Queue(StrEnum):
    """Where jobs wait."""

    DEFAULT = "default"
    # What waits for other servers has places of its own in the worker, so that a slow one delays nothing else.
    OUTSIDE = "outside"


class TaskName(StrEnum):
    """A task, and the queue in which its jobs wait."""

    queue: Queue

    def __new__(cls, value: str, queue: Queue = Queue.DEFAULT) -> Self:
        """A name; the queue is no part of what it equals."""
        member = str.__new__(cls, value)
        member._value_ = value
        member.queue = queue
        return member

    ACCEPT_TOKEN = "accept_token"
    MAKE_THUMBNAIL = "make_thumbnail"
    FETCH_MEDIA = "fetch_media"
    FORGET_MEDIA = "forget_media"
    SWEEP_MEDIA = "sweep_media"

    DELIVER_WEBHOOKS = "deliver_webhooks", Queue.OUTSIDE
    PRUNE_WEBHOOKS = "prune_webhooks"

    FORWARD_REQUEST = "forward_request", Queue.OUTSIDE
    PULL_UPDATES = "pull_updates", Queue.OUTSIDE
    PULL_ALL_UPDATES = "pull_all_updates"
    HARVEST = "harvest"

    ASK_FOLLOWER = "ask_follower", Queue.OUTSIDE
    TELL_FOLLOWER = "tell_follower", Queue.OUTSIDE
    SEND_DATA_LINK = "send_data_link", Queue.OUTSIDE
    EXPIRE_DRAFTS = "expire_drafts"
    FORGET_PEOPLE = "forget_people"

    SEND_STAFF_LINK = "send_staff_link", Queue.OUTSIDE
    TELL_STAFF = "tell_staff", Queue.OUTSIDE
    TIDY_STAFF = "tidy_staff"

    FOLD_MAP = "fold_map"
    RETRY_STALLED = "retry_stalled"
