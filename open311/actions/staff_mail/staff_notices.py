"""Telling staff of cases: at once, those of some minutes in one mail, or with the mail of their day.

No text of a report and nobody's name is in the mails: numbers, categories, moments and links.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from typing import NamedTuple

from babel.dates import format_date

from open311.actions.staff_mail import staff_mails
from open311.base.i18n import locale_of, translate
from open311.core import Core
from open311.model.casework.cases import Case
from open311.model.casework.staff_notices import Notice, NoticeKind, Reader, Recipient
from open311.model.catalogue import Catalogue
from open311.model.desk.deadline_steps import Deadline
from open311.model.desk.desk_catalogue import Unit
from open311.model.staff.accounts import Account, AccountState, MailChoice
from open311.model.staff.rights import Staff
from open311.model.task_names import TaskName
from open311.storage import jobs
from open311.storage.database import Connection
from open311.storage.desk.case import mentions
from open311.storage.desk.scope import Scope, scope_of
from open311.storage.desk.staff_mail import notices as storage
from open311.storage.staff_accounts import accounts, memberships

MOST_LISTED = 30
# Whoever brings in a flood of cases must not make the worker read all of them for one mail.
MOST_READ = 500
WORDS = {
    (NoticeKind.REMINDED, Deadline.CHECK): "mail.notice.reminded.check",
    (NoticeKind.REMINDED, Deadline.ACCEPT): "mail.notice.reminded.accept",
    (NoticeKind.REMINDED, Deadline.WORK): "mail.notice.reminded.work",
    (NoticeKind.ESCALATED, Deadline.CHECK): "mail.notice.escalated.check",
    (NoticeKind.ESCALATED, Deadline.ACCEPT): "mail.notice.escalated.accept",
    (NoticeKind.ESCALATED, Deadline.WORK): "mail.notice.escalated.work",
    (NoticeKind.DECLINED, None): "mail.notice.declined",
    (NoticeKind.TO_CHECK, None): "mail.notice.to_check",
    (NoticeKind.GIVEN, None): "mail.notice.given",
    (NoticeKind.REOPENED, None): "mail.notice.reopened",
    (NoticeKind.ASSIGNED, None): "mail.notice.assigned",
    (NoticeKind.RETURNED, None): "mail.notice.returned",
    (NoticeKind.MENTIONED, None): "mail.notice.mentioned",
}


def to_unit(
    catalogue: Catalogue, unit: Unit | None, people: Iterable[Account]
) -> dict[Recipient, Account | None]:
    """Who is told what is meant for a unit: its mailbox if it has one, else its people, as they wish."""
    city = catalogue.jurisdiction.jurisdiction_id
    if unit is not None and unit.email:
        return {Recipient(jurisdiction_id=city, unit=unit.code): None}
    return to_people(people)


def to_people(people: Iterable[Account]) -> dict[Recipient, Account | None]:
    """Who of these is told; nobody who does not wish it."""
    return {
        Recipient(account_id=account.id): account
        for account in people
        if account.mails is not MailChoice.NONE
    }


def tell(
    core: Core,
    conn: Connection,
    recipients: Mapping[Recipient, Account | None],
    notices: Sequence[Notice],
    *,
    at: datetime | None = None,
) -> None:
    """Notify these people, within the transaction of the event; those who have chosen so, once a day."""
    for recipient, account in recipients.items():
        storage.add(conn, recipient, notices, core.now())
        if account is None or account.mails is MailChoice.AT_ONCE:
            whom = recipient.account_id or f"{recipient.unit} {recipient.jurisdiction_id}"
            jobs.defer(
                conn,
                TaskName.SEND_NOTICES,
                # By recipient: while one job waits, what happens to other cases goes into the same mail.
                lock=f"notices {whom}",
                at=at,
                account_id=recipient.account_id,
                jurisdiction_id=recipient.jurisdiction_id,
                unit=recipient.unit,
            )


def send(core: Core, account_id: int | None, jurisdiction_id: str | None, unit: str | None) -> None:
    """Send somebody all that waits for them."""
    recipient = Recipient(account_id, jurisdiction_id, unit)
    with core.database.begin() as conn:
        notices = storage.take(conn, recipient)
        address = _address(core, conn, recipient)
    lines = in_words(core, address, notices) if address else []
    if address is None or not lines:
        return
    language, number = address.language, len(lines)
    subject = translate("mail.notices.subject", language, number=number)
    text = [*shortened(lines, language), *(["", choice(core, language)] if account_id else [])]
    with_all_back(core, recipient, notices, address.to, subject, "\n".join(text))


def choice(core: Core, language: str) -> str:
    """Where to choose otherwise."""
    return translate("mail.notices.choice", language, link=f"{core.settings.address}/staff/me")


def with_all_back(
    core: Core, recipient: Recipient, notices: Sequence[Notice], to: str, subject: str, text: str
) -> None:
    """Send what was taken; when no mail can be sent now, it waits again and the error is raised."""
    try:
        staff_mails.deliver(core, to, subject, text)
    except Exception:
        with core.database.begin() as conn:
            storage.add(conn, recipient, notices, core.now())
        raise


class Address(NamedTuple):
    """Where to write, in which language, and about which cases by now; `units` are those that it is written for."""

    to: str
    language: str
    scope: Scope
    units: Sequence[str]
    account_id: int | None = None


def _address(core: Core, conn: Connection, recipient: Recipient) -> Address | None:
    if recipient.account_id is not None:
        account = accounts.find(conn, recipient.account_id)
        if account is None or account.state is not AccountState.ACTIVE:
            return None
        return address_of(account, staff_of(core, conn, account.id))
    city = recipient.jurisdiction_id or ""
    catalogue = core.catalogues.owner(city)
    unit = catalogue.desk.units.get(recipient.unit or "")
    if unit is None or unit.email is None:
        return None
    return Address(unit.email, staff_mails.language_of(catalogue), Scope((city,)), [unit.code])


def address_of(account: Account, staff: Staff) -> Address:
    units = [unit for city in staff.jurisdictions() for unit in staff.units(city)]
    return Address(account.email, account.language, scope_of(staff), units, account.id)


def staff_of(core: Core, conn: Connection, account_id: int) -> Staff:
    """Somebody with the memberships that are in force."""
    held = memberships.of_accounts(conn, [account_id], core.catalogues.rights_of_role, core.now())[account_id]
    return Staff(account_id, tuple(held), core.now())


def in_words(core: Core, address: Address, notices: Sequence[Notice]) -> list[str]:
    """A line for each case of which something still holds and may be seen; what escalated comes first."""
    escalated = {notice.service_request_id for notice in notices if notice.kind is NoticeKind.ESCALATED}
    ranked = sorted(
        notices, key=lambda notice: (notice.service_request_id not in escalated, notice.service_request_id)
    )[:MOST_READ]
    numbers = {notice.service_request_id for notice in ranked}
    with core.database.read() as conn:
        cases = storage.cases_of(conn, address.scope, numbers)
        named_in = mentions.unread(conn, address.account_id, numbers) if address.account_id else ()
    reader = Reader(address.units, address.account_id, named_in)
    by_case = [(cases.get(number), [*group]) for number, group in groupby(ranked, key=_number)]
    of_interest = [
        (case, [notice for notice in group if notice.is_about(case, reader)])
        for case, group in by_case
        if case is not None
    ]
    return [_line(core, group, case, address.language) for case, group in of_interest if group]


def _number(notice: Notice) -> int:
    return notice.service_request_id


def _line(core: Core, notices: Sequence[Notice], case: Case, language: str) -> str:
    catalogue = core.catalogues.owner(case.jurisdiction_id)
    words = "; ".join(_words(catalogue, notice, case, language) for notice in notices)
    return staff_mails.case_line(core, catalogue, case, language, words)


def _words(catalogue: Catalogue, notice: Notice, case: Case, language: str) -> str:
    moment = notice.moment(case)
    declined = [unit for unit in case.former_units if unit != catalogue.desk.checkers]
    units = declined if notice.kind is NoticeKind.DECLINED else [case.unit]
    return translate(
        WORDS[notice.kind, notice.deadline],
        language,
        until=moment and _in_words(moment, catalogue, language),
        unit=", ".join(catalogue.unit_name(unit, language) for unit in units if unit),
    )


def _in_words(moment: datetime, catalogue: Catalogue, language: str) -> str:
    local = moment.astimezone(catalogue.jurisdiction.time_zone)
    return f"{format_date(local, 'medium', locale=locale_of(language))}, {local:%H:%M}"


def shortened(lines: Sequence[str], language: str) -> list[str]:
    """The first lines, and how many there are besides."""
    more = len(lines) - MOST_LISTED
    rest = [translate("mail.notices.more", language, number=more)] if more > 0 else []
    return [*lines[:MOST_LISTED], *rest]
