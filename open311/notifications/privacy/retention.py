"""Forgetting people: who reported and who followed, some time after a report was closed, hidden, or left alone."""

from open311.actions import casework
from open311.actions.photos import media
from open311.core import Core
from open311.model.access.actor import WORKER
from open311.notifications.model.mail_limits import COUNTED_FOR
from open311.notifications.model.mail_links import VALID_FOR, Purpose
from open311.notifications.model.retention_terms import RetentionTerms, terms_of_services
from open311.notifications.storage import alerts, followers, mail_links, mail_requests, retention
from open311.storage.requests import affected, service_requests

AT_ONCE = 5000
ERASED_AT_ONCE = 100


def forget_people(core: Core) -> int:
    """Delete what the settings and the catalogue no longer let us keep; returns how many reports it concerned.

    Reports that everybody sees stay, without a name. Hidden ones go altogether: nobody needs them any more.
    """
    now, settings = core.now(), core.settings
    with core.database.begin() as conn:
        followers.forget_unconfirmed(conn, now - VALID_FOR[Purpose.CONFIRM])
        alerts.forget_unconfirmed(conn, now - VALID_FOR[Purpose.CONFIRM])
        mail_links.prune(conn, now)
        mail_requests.prune(conn, now - COUNTED_FOR)
        affected.prune(conn, now)
    of_services = terms_of_services(core.catalogues.in_force)
    terms = RetentionTerms(now, settings.retention_days, settings.retention_open_days, of_services)
    return _erase_hidden(core, terms) + _forget_due(core, terms)


def _erase_hidden(core: Core, terms: RetentionTerms) -> int:
    erased = 0
    while True:
        with core.database.begin() as conn:
            due = retention.hidden_due(conn, terms, ERASED_AT_ONCE)
            for service_request_id in due:
                # Looked at again under its lock: staff may have taken it up since it was listed.
                request = service_requests.find_any(conn, service_request_id, lock=True)
                if request:
                    casework.erase_locked(core, conn, request, WORKER)
        erased += len(due)
        if len(due) < ERASED_AT_ONCE:
            return erased


def _forget_due(core: Core, terms: RetentionTerms) -> int:
    forgotten = 0
    while True:
        with core.database.begin() as conn:
            due = retention.due(conn, terms, AT_ONCE)
            files = retention.forget_people_of(conn, due)
        media.discard(core, files)
        forgotten += len(due)
        if len(due) < AT_ONCE:
            return forgotten
