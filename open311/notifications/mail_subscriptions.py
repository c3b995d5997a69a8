"""Following a report by mail: begin, confirm, stop."""

from open311.base.errors import Invalid, NotFound, TooManyRequests, problem
from open311.core import Core
from open311.model.access import visibility
from open311.model.access.visibility import View
from open311.model.catalogue import Catalogue
from open311.model.mailbox import mailbox
from open311.model.task_names import TaskName
from open311.notifications import mail_guard
from open311.notifications.model.followers import ASKED_AGAIN_AFTER, Follower
from open311.notifications.model.mail_limits import MailAsker
from open311.notifications.model.mail_links import Purpose
from open311.notifications.storage import followers as storage
from open311.notifications.storage import mail_links
from open311.storage import jobs
from open311.storage.database import Connection
from open311.storage.requests import service_requests


def possible(core: Core) -> bool:
    return core.settings.smtp_url is not None


def begin(
    core: Core, conn: Connection, service_request_id: int, email: str, language: str, asker: MailAsker
) -> None:
    """Have the owner of a mailbox asked whether they want to hear of a report.

    Raises `Invalid` for what is no mailbox, `TooManyRequests` for one mail too many. Whoever was asked a moment ago, or
    follows already, gets no second mail.
    """
    address = mailbox(email)
    if address is None:
        raise Invalid(problem("error.email"))
    mail_guard.admit(core, conn, Purpose.CONFIRM, address, asker)
    now = core.now()
    # The reporter is told more than others, so it must be their own address, not what somebody says.
    sender = mailbox(service_requests.find_reporter(conn, service_request_id).get("email") or "")
    follower, new = storage.add(
        conn, service_request_id, address, language, now, is_reporter=sender == address
    )
    waits = follower.confirmed_datetime is None and now - follower.asked_datetime >= ASKED_AGAIN_AFTER
    if waits:
        storage.mark_asked(conn, follower.id, now)
    if new or waits:
        jobs.defer(conn, TaskName.ASK_FOLLOWER, follower_id=follower.id)


def receipt(
    core: Core, conn: Connection, service_request_id: int, email: str, language: str, asker: MailAsker
) -> bool:
    """Have the number of a report sent to its reporter, unless it would be one mail too many; says whether."""
    address = mailbox(email)
    if address is None or not possible(core):
        return False
    try:
        mail_guard.admit(core, conn, Purpose.RECEIPT, address, asker)
    except TooManyRequests:
        return False
    jobs.defer(conn, TaskName.SEND_RECEIPT, service_request_id=service_request_id, language=language)
    return True


def follow(
    core: Core, catalogue: Catalogue, service_request_id: int, email: str, language: str, asker: MailAsker
) -> None:
    """The same for a report that is public or being checked; raises `NotFound` for any other."""
    owner = catalogue.jurisdiction.jurisdiction_id
    with core.database.begin() as conn:
        request = service_requests.find(conn, service_request_id, owner)
        if visibility.view_of(request, catalogue.jurisdiction) is View.NONE:
            raise NotFound(problem("error.service_request.unknown", service_request_id=service_request_id))
        begin(core, conn, service_request_id, email, language, asker)


def find(core: Core, token: str) -> Follower:
    """Whom a link of a mail belongs to; raises `NotFound`."""
    with core.database.read() as conn:
        link = mail_links.find(conn, token, core.now())
        follower = storage.find(conn, link.follower_id) if link and link.follower_id else None
    if follower is None:
        raise NotFound(problem("error.follower.unknown"))
    return follower


def confirm(core: Core, token: str) -> None:
    """Write to the owner of this link from now on; the link can still stop that."""
    with core.database.begin() as conn:
        link = mail_links.find(conn, token, core.now())
        # The link of any other mail would confirm what its reader was never asked.
        if link and link.follower_id and link.purpose is Purpose.CONFIRM:
            storage.confirm(conn, link.follower_id, core.now())
            mail_links.become(conn, link.id, Purpose.FOLLOW, core.now())


def stop(core: Core, token: str) -> None:
    """Write to them no more, and forget the address; stopping twice is no error."""
    with core.database.begin() as conn:
        link = mail_links.find(conn, token, core.now())
        if link and link.follower_id:
            storage.remove(conn, link.follower_id)
