"""Pruning what the server keeps about its own work: finished jobs, sent mails, old erasures."""

from datetime import timedelta

from open311.actions.photos import media
from open311.actions.upkeep import restoring
from open311.core import Core
from open311.model.inbox import SEEN_KEPT, WORDS_KEPT
from open311.storage import jobs
from open311.storage.mails import blocked_senders, inbox, mail_messages, sent_mails

AT_ONCE = 10_000
# Long enough for whoever asks the next morning what the worker did.
DONE_FOR = timedelta(days=1)
# So long can a mail that failed be sent again; no longer, since arguments may name what belongs to somebody.
FAILED_FOR = timedelta(days=30)
MAILS_FOR = timedelta(days=90)
SKIPPED_TOLD_FOR = timedelta(days=7)


def forget_old(core: Core) -> None:
    """Delete it, a part at a time."""
    now = core.now()
    pruned = AT_ONCE
    while pruned == AT_ONCE:
        with core.database.begin() as conn:
            pruned = jobs.prune(conn, now - DONE_FOR, now - FAILED_FOR, AT_ONCE)
    with core.database.begin() as conn:
        mail_messages.forget(conn, now - MAILS_FOR)
        sent_mails.forget(conn, now - MAILS_FOR)
        blocked_senders.forget(conn, now)
        inbox.count_skipped_anew(conn, now - SKIPPED_TOLD_FOR)
        files = inbox.forget(conn, now - WORDS_KEPT, now - SEEN_KEPT)
    media.discard(core, files)
    restoring.forget_erasures(core)
