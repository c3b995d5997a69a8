"""News of an area by mail: begin, confirm, send what is new, stop."""

from dataclasses import replace

from open311.base.errors import Invalid, NotFound, TooManyRequests, problem
from open311.core import Core
from open311.model.access.secret_tokens import new_token
from open311.model.catalogue import Catalogue
from open311.model.mailbox import mailbox
from open311.model.task_names import TaskName
from open311.notifications import mail_guard
from open311.notifications.mails import sending
from open311.notifications.model.alert import MOST_OF_A_MAILBOX, Alert
from open311.notifications.model.mail_limits import DAY, MailAsker
from open311.notifications.model.mail_links import Purpose
from open311.notifications.storage import alerts as storage
from open311.notifications.storage import mail_links
from open311.storage import jobs

CONFIRM = ("mail.alert.confirm.subject", "mail.alert.confirm.text")
NEWS = ("mail.alert.subject", "mail.alert.text")
# In one mail; there are more on the site.
MOST = 20
DUE_AT_ONCE = 500


def subscribe(core: Core, wish: Alert, asker: MailAsker) -> None:
    """Have the owner of a mailbox asked whether they want this; raises `Invalid`, `TooManyRequests`."""
    address = mailbox(wish.email)
    if address is None:
        raise Invalid(problem("error.email"))
    with core.database.begin() as conn:
        # Before it is looked up how many there are: the answer must not tell whose mailbox is known.
        mail_guard.admit(core, conn, Purpose.ALERT, address, asker)
        if storage.count(conn, wish.jurisdiction_id, address) >= MOST_OF_A_MAILBOX:
            refusal = problem("error.alerts.many", most=MOST_OF_A_MAILBOX)
            raise TooManyRequests(refusal, retry_after=int(DAY.total_seconds()))
        alert_id = storage.add(conn, replace(wish, email=address))
        jobs.defer(conn, TaskName.ASK_ALERT, alert_id=alert_id)


def find(core: Core, catalogue: Catalogue, token: str) -> Alert:
    """What a link of a mail is about; raises `NotFound`."""
    with core.database.read() as conn:
        link = mail_links.find(conn, token, core.now())
        alert = storage.find(conn, link.alert_id) if link and link.alert_id else None
    if alert is None or alert.jurisdiction_id != catalogue.jurisdiction.jurisdiction_id:
        raise NotFound(problem("error.follower.unknown"))
    return alert


def confirm(core: Core, token: str) -> None:
    """Write from now on."""
    with core.database.begin() as conn:
        link = mail_links.find(conn, token, core.now())
        if link and link.alert_id:
            storage.confirm(conn, link.alert_id, core.now())


def stop(core: Core, token: str) -> None:
    """Write no more, and forget the address; stopping twice is no error."""
    with core.database.begin() as conn:
        link = mail_links.find(conn, token, core.now())
        if link and link.alert_id:
            storage.remove(conn, link.alert_id)


def send_question(core: Core, alert_id: int) -> None:
    """Ask somebody whether it was they who wanted news."""
    with core.database.read() as conn:
        alert = storage.find(conn, alert_id)
    if alert is not None and alert.confirmed_datetime is None:
        _send(core, alert, CONFIRM, {})


def enqueue(core: Core) -> int:
    """Have news sent to those whose day or week is over; returns how many."""
    if core.settings.smtp_url is None:
        return 0
    with core.database.begin() as conn:
        due = storage.due(conn, core.now(), DUE_AT_ONCE)
        for alert_id in due:
            jobs.defer(conn, TaskName.SEND_ALERT, lock=f"alert {alert_id}", alert_id=alert_id)
    return len(due)


def send_news(core: Core, alert_id: int) -> None:
    """Tell somebody what is new; where nothing is, there is no mail."""
    now = core.now()
    with core.database.read() as conn:
        alert = storage.find(conn, alert_id)
        due = alert is not None and alert.sent_datetime is not None
        news = storage.news(conn, alert, now, MOST + 1) if alert and due else []
    if alert is None or not due:
        return
    if news:
        catalogue = core.catalogues.owner(alert.jurisdiction_id)
        lines = [
            f"{catalogue.service_name(code, alert.language)}{f', {address}' if address else ''}\n"
            f"{sending.address_of(core, catalogue, f'/reports/{number}')}"
            for number, code, address in news[:MOST]
        ]
        # A worker that dies before the mark below sends again, since nobody knows whether the mail left.
        message_id = sending.repeated_message_id(core, f"alert {alert.id} {alert.sent_datetime}")
        _send(core, alert, NEWS, {"reports": "\n\n".join(lines)}, message_id)
    with core.database.begin() as conn:
        storage.mark_sent(conn, alert_id, now)


def _send(
    core: Core,
    alert: Alert,
    kind: tuple[str, str],
    values: dict[str, str],
    message_id: str | None = None,
) -> None:
    catalogue, token = core.catalogues.owner(alert.jurisdiction_id), new_token()
    with core.database.begin() as conn:
        link_id = mail_links.add(
            conn,
            Purpose.ALERT,
            alert.jurisdiction_id,
            alert.language,
            core.now(),
            email=alert.email,
            alert_id=alert.id,
            token=token,
        )
    # The link is stored before the mail leaves, so that every link in a mailbox opens; it goes again if none left.
    path = f"/alerts/{token}"
    stop = sending.unsubscribing(core, catalogue, path)
    words = values | {"place": alert.place}
    try:
        sending.send(
            core, catalogue, alert.email, alert.language, kind, words, path, stop, message_id=message_id
        )
    except Exception:
        with core.database.begin() as conn:
            mail_links.remove(conn, link_id)
        raise
