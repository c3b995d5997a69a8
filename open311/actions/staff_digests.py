"""Mails of the day to units: what waits and what is late; and to their leads, of what has been late for days.

No text of a report and nobody's name is in them: numbers, categories, days and links.
"""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from urllib.parse import urlencode, urlsplit

import structlog

from open311.actions import staff_mails
from open311.adapters import mail
from open311.base.i18n import LANGUAGES, translate
from open311.core import Core
from open311.model.catalogue import Catalogue
from open311.model.desk import Unit
from open311.model.desk_search import CaseSearch
from open311.model.task_names import TaskName
from open311.storage import jobs
from open311.storage.desk import digests, lists, my_day
from open311.storage.desk.lists import CaseRow
from open311.storage.desk.scope import Scope

log = structlog.get_logger()

MOST_LISTED = 30
# Leads hear of a case when it has been late for so many working days, once for each deadline.
ESCALATED_AFTER = 3
KEPT_DAYS = 30


def enqueue(core: Core) -> None:
    """Have the mails sent whose time of the day has come; each unit gets one a working day."""
    if not staff_mails.possible(core):
        return
    for catalogue in core.catalogues.in_force:
        local = core.now().astimezone(catalogue.jurisdiction.time_zone)
        if not _works_on(catalogue, local.date()):
            continue
        for unit in catalogue.desk.units.values():
            if unit.email and unit.digest and time.fromisoformat(unit.digest) <= local.time():
                _begin(core, catalogue.jurisdiction.jurisdiction_id, unit.code, local.date())


def _works_on(catalogue: Catalogue, day: date) -> bool:
    calendar = catalogue.desk.calendar
    return calendar.is_working_day(day) if calendar else day.weekday() < 5


def _begin(core: Core, jurisdiction_id: str, unit: str, day: date) -> None:
    with core.database.begin() as conn:
        if digests.begin(conn, jurisdiction_id, unit, day):
            at = day.isoformat()
            jobs.defer(conn, TaskName.SEND_DIGEST, jurisdiction_id=jurisdiction_id, unit=unit, day=at)
        digests.prune(conn, day - timedelta(days=KEPT_DAYS))


def send(core: Core, jurisdiction_id: str, unit: str, day: str) -> None:
    """Send the mail of a day to a unit, unless nothing waits, and tell its leads of what has been late for long."""
    catalogue, today = core.catalogues.owner(jurisdiction_id), date.fromisoformat(day)
    known = catalogue.desk.units.get(unit)
    mailer = mail.for_settings(core.settings)
    if known is None or not known.email or mailer is None:
        return
    with core.database.begin() as conn:
        if not digests.claim(conn, jurisdiction_id, unit, today, core.now()):
            return
    try:
        message = _digest(core, catalogue, known, today)
        if message is not None:
            mailer.send(message)
    except mail.Refused as reason:
        log.warning("mail_refused", reason=str(reason))
    except Exception:
        with core.database.begin() as conn:
            digests.release(conn, jurisdiction_id, unit, today)
        raise
    _escalate(core, catalogue, unit)


def _digest(core: Core, catalogue: Catalogue, unit: Unit, today: date) -> EmailMessage | None:
    scope, now = Scope((catalogue.jurisdiction.jurisdiction_id,)), core.now()
    with core.database.read() as conn:
        counted = my_day.of_units(conn, scope, [unit.code], now)
        searches = {
            "overdue": CaseSearch(units=[unit.code], overdue=True, limit=MOST_LISTED),
            "resumed": CaseSearch(units=[unit.code], resumed_by=today, limit=MOST_LISTED),
        }
        rows = {name: lists.page(conn, scope, search, now).rows for name, search in searches.items()}
    if not counted or not (counted[0].overdue or counted[0].to_accept or rows["resumed"]):
        return None
    language = next((code for code in catalogue.jurisdiction.languages if code in LANGUAGES), LANGUAGES[0])
    [waiting] = counted
    parts = [
        translate("mail.digest.open", language, number=waiting.open),
        translate("mail.digest.to_accept", language, number=waiting.to_accept),
        translate("mail.digest.overdue", language, number=waiting.overdue),
        *_lines(core, catalogue, language, rows["overdue"]),
        translate("mail.digest.resumed", language, number=len(rows["resumed"])),
        *_lines(core, catalogue, language, rows["resumed"]),
        translate("mail.digest.list", language, link=_list(core, unit.code)),
    ]
    subject = translate(
        "mail.digest.subject", language, unit=unit.code, overdue=waiting.overdue, to_accept=waiting.to_accept
    )
    return _message(core, str(unit.email), subject, "\n".join(parts))


def _lines(core: Core, catalogue: Catalogue, language: str, rows: Sequence[CaseRow]) -> list[str]:
    root = f"{_root(core)}/staff/reports"
    named = ((row.number, catalogue.service_name(row.case.service_code, language)) for row in rows)
    return [f"- {number}, {service}: {root}/{number}" for number, service in named]


def _escalate(core: Core, catalogue: Catalogue, unit: str) -> None:
    """Tell the leads of a unit of what has been late for long and they have not been told of; who opted out is not."""
    city, now = catalogue.jurisdiction.jurisdiction_id, core.now()
    before = _working_days_ago(catalogue, now, ESCALATED_AFTER)
    mailer = mail.for_settings(core.settings)
    if mailer is None:
        return
    with core.database.begin() as conn:
        leads = [account for account in digests.leads(conn, city, unit, now) if account.mails_on]
        numbers = digests.escalate(conn, city, unit, before, now, MOST_LISTED) if leads else []
    for lead in leads if numbers else []:
        subject = translate("mail.escalated.subject", lead.language, unit=unit, number=len(numbers))
        told = [f"- {number}: {_root(core)}/staff/reports/{number}" for number in numbers]
        text = translate(
            "mail.escalated.text", lead.language, days=ESCALATED_AFTER, link=f"{_root(core)}/staff/me"
        )
        try:
            mailer.send(_message(core, lead.email, subject, "\n".join([text, "", *told])))
        except mail.Refused as reason:
            log.warning("mail_refused", reason=str(reason))


def _working_days_ago(catalogue: Catalogue, now: datetime, days: int) -> datetime:
    zone, moment = catalogue.jurisdiction.time_zone, now
    while days > 0:
        moment -= timedelta(days=1)
        days -= _works_on(catalogue, moment.astimezone(zone).date())
    return moment


def _list(core: Core, unit: str) -> str:
    return f"{_root(core)}/staff/reports?{urlencode({'unit': unit})}"


def _root(core: Core) -> str:
    return core.settings.base_url or f"http://{core.settings.host}:{core.settings.port}"


def _message(core: Core, to: str, subject: str, text: str) -> EmailMessage:
    message = EmailMessage()
    message["From"] = core.settings.mail_from
    message["To"] = to
    message["Subject"] = subject
    message["Date"] = formatdate(core.now().timestamp(), localtime=False)
    message["Message-ID"] = make_msgid(domain=urlsplit(_root(core)).hostname)
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(text + "\n")
    return message
