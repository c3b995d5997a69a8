"""Rate limits of mails that strangers cause: by mailbox, network and form, counted in the database."""

from open311.base.errors import TooManyRequests, problem
from open311.core import Core
from open311.model.access.secret_tokens import digest
from open311.notifications.model.mail_limits import LIMITS, MailAsker
from open311.notifications.model.mail_links import Purpose
from open311.notifications.storage import mail_requests as storage
from open311.storage.database import Connection


def admit(core: Core, conn: Connection, purpose: Purpose, email: str, asker: MailAsker) -> None:
    """Count a mail to this mailbox; raises `TooManyRequests` when it would be one too many.

    To be called before anything is looked up about the mailbox: whether one is refused must depend on what was asked
    for alone, or it would tell who follows what.
    """
    now = core.now()
    subjects = {
        "mailbox": storage.subject_of(email),
        "network": digest(asker.network),
        "origin": digest(asker.origin),
    }
    # Counted under a lock, or a burst would be admitted as a whole before any of it counts.
    storage.lock(conn, subjects)
    for limit in LIMITS:
        if not (limit.always or core.settings.rate_limits):
            continue
        most = limit.most(asker, core.settings.mails_per_hour)
        value = subjects[limit.column] if limit.column else ""
        earliest = storage.nth_latest(conn, limit.column, value, most, limit.window, now)
        if earliest:
            seconds = limit.seconds_to_wait(earliest, now)
            refusal = problem(limit.key, most=most, minutes=-(-seconds // 60))
            raise TooManyRequests(refusal, retry_after=seconds)
    storage.add(conn, purpose, subjects, now)
