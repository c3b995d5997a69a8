"""Objections by the form of the site: put before the staff, with a receipt by mail where there is an address."""

from dataclasses import replace

from open311.actions.reporting import objections
from open311.base.errors import Invalid, problem
from open311.core import Core
from open311.model.casework.objections import Objection
from open311.model.catalogue import Catalogue
from open311.model.mailbox import mailbox
from open311.model.task_names import TaskName
from open311.notifications import mail_guard
from open311.notifications.model.mail_limits import MailAsker
from open311.notifications.model.mail_links import Purpose
from open311.storage import jobs


def post(core: Core, catalogue: Catalogue, sent: Objection, asker: MailAsker) -> None:
    """Take in an objection; raises `Invalid`, `NotFound`, `TooManyRequests`. Sending it twice is no error."""
    address = mailbox(sent.email) if sent.email else None
    if sent.email and address is None:
        raise Invalid(problem("error.email"))
    with core.database.begin() as conn:
        can_answer = bool(address) and core.settings.smtp_url is not None
        if can_answer:
            mail_guard.admit(core, conn, Purpose.OBJECTION, str(address), asker)
        event_id = objections.take_in(core, conn, catalogue, replace(sent, email=address))
        if can_answer and event_id is not None:
            jobs.defer(conn, TaskName.WRITE_TO_OBJECTOR, event_id=event_id)
