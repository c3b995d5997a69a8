"""Mails of the day to units: what waits and what is late.

No text of a report and nobody's name is in them: numbers, categories, days and links.
"""

from collections.abc import Sequence
from datetime import date, time, timedelta
from urllib.parse import urlencode

from open311.actions.staff_mail import staff_mails
from open311.base.i18n import translate
from open311.core import Core
from open311.model.casework.cases import BACK_FLAGS
from open311.model.casework.desk_search import CaseSearch
from open311.model.catalogue import Catalogue
from open311.model.desk.desk_catalogue import Unit
from open311.model.task_names import TaskName
from open311.storage import jobs
from open311.storage.desk.lists import case_list, my_day
from open311.storage.desk.lists.case_rows import CaseRow
from open311.storage.desk.scope import Scope
from open311.storage.desk.staff_mail import digests

MOST_LISTED = 30
# They only keep a digest from being sent twice, even after a holiday of the worker.
KEPT_DAYS = 30


def enqueue(core: Core) -> None:
    """Have the mails sent whose time of the day has come; each unit gets one a working day."""
    if not staff_mails.possible(core):
        return
    for catalogue in core.catalogues.in_force:
        local = core.now().astimezone(catalogue.jurisdiction.time_zone)
        if not catalogue.desk.works_on(local.date()):
            continue
        for unit in catalogue.desk.units.values():
            if unit.email and unit.digest and time.fromisoformat(unit.digest) <= local.time():
                _begin(core, catalogue.jurisdiction.jurisdiction_id, unit.code, local.date())


def _begin(core: Core, jurisdiction_id: str, unit: str, day: date) -> None:
    with core.database.begin() as conn:
        if digests.begin(conn, jurisdiction_id, unit, day):
            at = day.isoformat()
            jobs.defer(conn, TaskName.SEND_DIGEST, jurisdiction_id=jurisdiction_id, unit=unit, day=at)
        digests.prune(conn, day - timedelta(days=KEPT_DAYS))


def send(core: Core, jurisdiction_id: str, unit: str, day: str) -> None:
    """Send the mail of a day to a unit, unless nothing waits."""
    catalogue, today = core.catalogues.owner(jurisdiction_id), date.fromisoformat(day)
    known = catalogue.desk.units.get(unit)
    if known is None or not known.email or not staff_mails.possible(core):
        return
    with core.database.begin() as conn:
        # In a transaction of its own, before it is sent: a worker that dies meanwhile must not make it two.
        if not digests.claim(conn, jurisdiction_id, unit, today, core.now()):
            return
    try:
        digest = _digest(core, catalogue, known, today)
        if digest is not None:
            staff_mails.deliver(core, known.email, *digest)
    except Exception:
        with core.database.begin() as conn:
            digests.release(conn, jurisdiction_id, unit, today)
        raise


def _digest(core: Core, catalogue: Catalogue, unit: Unit, today: date) -> tuple[str, str] | None:
    scope, now = Scope((catalogue.jurisdiction.jurisdiction_id,)), core.now()
    with core.database.read() as conn:
        counted = my_day.of_units(conn, scope, [unit.code], now)
        searches = {
            "overdue": CaseSearch(units=[unit.code], overdue=True, limit=MOST_LISTED),
            "resumed": CaseSearch(units=[unit.code], resumed_by=today, limit=MOST_LISTED),
            "returned": CaseSearch(units=[unit.code], flags=sorted(BACK_FLAGS), limit=MOST_LISTED),
        }
        rows = {name: case_list.page(conn, scope, search, now).rows for name, search in searches.items()}
    if not counted or not (counted[0].overdue or counted[0].to_accept or rows["resumed"] or rows["returned"]):
        return None
    language = staff_mails.language_of(catalogue)
    [waiting] = counted
    parts = [
        translate("mail.digest.open", language, number=waiting.open),
        translate("mail.digest.to_accept", language, number=waiting.to_accept),
        translate("mail.digest.overdue", language, number=waiting.overdue),
        *_lines(core, catalogue, language, rows["overdue"]),
        translate("mail.digest.resumed", language, number=len(rows["resumed"])),
        *_lines(core, catalogue, language, rows["resumed"]),
        translate("mail.digest.returned", language, number=len(rows["returned"])),
        *_lines(core, catalogue, language, rows["returned"]),
        translate("mail.digest.list", language, link=_list(core, unit.code)),
    ]
    subject = translate(
        "mail.digest.subject", language, unit=unit.code, overdue=waiting.overdue, to_accept=waiting.to_accept
    )
    return subject, "\n".join(parts)


def _lines(core: Core, catalogue: Catalogue, language: str, rows: Sequence[CaseRow]) -> list[str]:
    return [staff_mails.case_line(core, catalogue, row.case, language) for row in rows]


def _list(core: Core, unit: str) -> str:
    return f"{core.settings.address}/staff/reports?{urlencode({'unit': unit})}"
