"""The one mail of the day that somebody may choose: what waits for them, and what was not told at once."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from open311.actions.staff_mail import staff_mails, staff_notices
from open311.base.i18n import translate
from open311.core import Core
from open311.model.access.actor import Right
from open311.model.casework.cases import Case, Stage
from open311.model.casework.desk_search import CaseSearch
from open311.model.casework.staff_notices import NoticeKind, Recipient
from open311.model.catalogue import Catalogue
from open311.model.staff.accounts import Account, AccountState, MailChoice
from open311.model.staff.rights import Staff
from open311.model.task_names import TaskName
from open311.storage import jobs
from open311.storage.database import Connection
from open311.storage.desk.case import mentions
from open311.storage.desk.case.mentions import Mention
from open311.storage.desk.lists import case_list
from open311.storage.desk.scope import scope_of
from open311.storage.desk.staff_mail import notices
from open311.storage.staff_accounts import accounts

MOST_LISTED = staff_notices.MOST_LISTED
WORDS = {
    "overdue": "mail.day.overdue",
    "resumed": "mail.day.resumed",
    "to_accept": "mail.day.to_accept",
    "mentions": "mail.day.mentions",
}


def enqueue(core: Core) -> None:
    """Have the mails sent whose hour has come, on days on which a city of theirs works."""
    if not staff_mails.possible(core):
        return
    with core.database.read() as conn:
        wanting = notices.wanting_a_day(conn)
    for account in wanting:
        with core.database.begin() as conn:
            day = _day(core, staff_notices.staff_of(core, conn, account.id), account.mail_hour)
            if day is not None and account.id not in notices.had_their_day(conn, day):
                lock = f"day of {account.id}"
                jobs.defer(conn, TaskName.SEND_DAY, lock=lock, account_id=account.id, day=day.isoformat())


def _cities(core: Core, staff: Staff) -> list[Catalogue]:
    theirs = set(staff.jurisdictions(Right.SEE_REPORTS))
    cities = core.catalogues.in_force
    return [city for city in cities if city.jurisdiction.jurisdiction_id in theirs]


def _day(core: Core, staff: Staff, hour: int) -> date | None:
    """Which day it is for somebody, if their hour has come and one of their cities works."""
    for catalogue in _cities(core, staff):
        local = core.now().astimezone(catalogue.jurisdiction.time_zone)
        if local.hour >= hour and catalogue.desk.works_on(local.date()):
            return local.date()
    return None


def send(core: Core, account_id: int, day: str) -> None:
    """Send somebody the mail of a day, once, unless nothing waits."""
    today = date.fromisoformat(day)
    with core.database.begin() as conn:
        account = accounts.find(conn, account_id)
        wants = account and account.state is AccountState.ACTIVE and account.mails is MailChoice.DAILY
        if account is None or not wants or not notices.begin_day(conn, account_id, today):
            return
        waiting = notices.take(conn, Recipient(account_id=account_id))
        staff = staff_notices.staff_of(core, conn, account_id)
    # Only what somebody may still see; and notes that name them have a list of their own in this mail.
    news = staff_notices.in_words(
        core,
        staff_notices.address_of(account, staff),
        [notice for notice in waiting if notice.kind is not NoticeKind.MENTIONED],
    )
    with core.database.read() as conn:
        numbers, parts = _waiting(core, conn, account, staff, today)
    if not news and not parts:
        return
    subject = translate("mail.day.subject", account.language, **numbers)
    text = _text(core, account.language, news, parts)
    try:
        staff_notices.with_all_back(
            core, Recipient(account_id=account_id), waiting, account.email, subject, text
        )
    except Exception:
        with core.database.begin() as conn:
            notices.release_day(conn, account_id, today)
        raise


def _text(core: Core, language: str, news: list[str], parts: list[str]) -> str:
    """The mail: news first, then what waits, then where to go and where to choose otherwise."""
    if news:
        news = [translate("mail.day.news", language), *staff_notices.shortened(news, language), ""]
    link = translate("mail.day.link", language, link=f"{core.settings.address}/staff")
    return "\n".join([*news, *parts, link, staff_notices.choice(core, language)])


def _waiting(
    core: Core, conn: Connection, account: Account, staff: Staff, today: date
) -> tuple[dict[str, int], list[str]]:
    """How much waits for somebody, by name, and the lines of it; none when nothing does."""
    language, now = account.language, core.now()
    if Right.SEE_REPORTS not in staff.rights:
        return dict.fromkeys(WORDS, 0), []
    scope = scope_of(staff, Right.SEE_REPORTS)
    units = sorted({unit for city in staff.jurisdictions() for unit in staff.units(city)})
    searches = {
        "overdue": CaseSearch(assignee=account.id, overdue=True),
        "resumed": CaseSearch(assignee=account.id, resumed_by=today),
        "to_accept": CaseSearch(stages=(Stage.ACCEPT,), units=units),
    }
    if not units or Right.ACCEPT not in staff.rights:
        del searches["to_accept"]
    counted = dict(zip(searches, case_list.counted(conn, scope, list(searches.values()), now), strict=True))
    named = mentions.of_account(conn, scope, account.id)
    numbers = {**dict.fromkeys(WORDS, 0), **counted, "mentions": len(named)}
    listed: dict[str, Sequence[Case | Mention]] = {"mentions": named}
    for name, search in searches.items():
        if counted[name]:
            rows = case_list.page(conn, scope, replace(search, limit=MOST_LISTED), now).rows
            listed[name] = [row.case for row in rows]
    parts: list[str] = []
    for name, words in WORDS.items():
        if numbers[name]:
            lines = [_line(core, case, language) for case in listed[name]]
            parts += [translate(words, language, number=numbers[name]), *lines, ""]
    return numbers, parts


def _line(core: Core, case: Case | Mention, language: str) -> str:
    return staff_mails.case_line(core, core.catalogues.owner(case.jurisdiction_id), case, language)
