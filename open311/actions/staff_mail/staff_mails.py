"""Mails to the staff: one-time links, and word of what changed about their account."""

from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from typing import Protocol
from urllib.parse import urlsplit

import structlog

from open311.adapters.mail import mailers
from open311.base.i18n import first_known, translate
from open311.core import Core
from open311.model.access.secret_tokens import digest, new_token
from open311.model.catalogue import Catalogue
from open311.model.staff import accounts as model
from open311.model.staff.accounts import Account, AccountState, LinkKind
from open311.model.task_names import TaskName
from open311.storage import jobs
from open311.storage.database import Connection
from open311.storage.staff_accounts import accounts

log = structlog.get_logger()

LINK_LASTS = {LinkKind.INVITE: model.INVITED_FOR, LinkKind.RESET: model.RESET_FOR}
MAIL_OF_LINK = {
    LinkKind.INVITE: ("mail.staff.invite.subject", "mail.staff.invite.text"),
    LinkKind.RESET: ("mail.staff.reset.subject", "mail.staff.reset.text"),
}
NOTICES = {
    "password_changed": "mail.staff.notice.password_changed",
    "factor_set": "mail.staff.notice.factor_set",
    "factor_removed": "mail.staff.notice.factor_removed",
    "passkey_added": "mail.staff.notice.passkey_added",
    "passkey_removed": "mail.staff.notice.passkey_removed",
    "token_added": "mail.staff.notice.token_added",
}


class AboutCase(Protocol):
    """What a line needs of a case, or of something that is about one."""

    @property
    def service_request_id(self) -> int: ...
    @property
    def service_code(self) -> str: ...


def possible(core: Core) -> bool:
    return core.settings.smtp_url is not None


def new_link(core: Core, conn: Connection, account_id: int, kind: LinkKind) -> str:
    """Give an account a one-time link and return it; one it had before is void. Only its digest is kept."""
    token = new_token()
    accounts.put_link(conn, account_id, kind, digest(token), core.now() + LINK_LASTS[kind])
    return link_address(core, token)


def link_address(core: Core, token: str) -> str:
    return f"{core.settings.address}/staff/welcome/{token}"


def language_of(catalogue: Catalogue) -> str:
    """In which language a unit of a city is written to."""
    return first_known(catalogue.jurisdiction.languages)


def case_line(core: Core, catalogue: Catalogue, case: AboutCase, language: str, words: str = "") -> str:
    """A line about a case: number, category, words if there are any, link; no text of the report and no name."""
    service = catalogue.service_name(case.service_code, language)
    number = case.service_request_id
    suffix = f", {words}" if words else ""
    return f"- {number}, {service}{suffix}: {core.settings.address}/staff/reports/{number}"


def mail_link(conn: Connection, account_id: int, kind: LinkKind) -> None:
    """Have a link sent by mail; the worker makes it, so that it is stored nowhere until it is sent."""
    jobs.defer(conn, TaskName.SEND_STAFF_LINK, account_id=account_id, kind=kind.value)


def tell(core: Core, conn: Connection, account_id: int, notice: str) -> None:
    """Have somebody told what changed about their account, so that they notice if it was not they."""
    if possible(core):
        jobs.defer(conn, TaskName.TELL_STAFF, account_id=account_id, notice=notice)


def send_link(core: Core, account_id: int, kind: str) -> None:
    """Make a one-time link and send it; done twice, only the second one opens."""
    with core.database.begin() as conn:
        account = accounts.find(conn, account_id)
        if account is None or account.state is AccountState.LEFT:
            return
        link = new_link(core, conn, account_id, LinkKind(kind))
    subject, text = MAIL_OF_LINK[LinkKind(kind)]
    ends = (core.now() + LINK_LASTS[LinkKind(kind)]).astimezone(
        core.catalogues.in_force[0].jurisdiction.time_zone
    )
    _send(core, account, subject, text, link=link, ends=f"{ends:%d.%m.%Y, %H:%M}")


def send_notice(core: Core, account_id: int, notice: str) -> None:
    """Tell somebody what changed about their account."""
    with core.database.read() as conn:
        account = accounts.find(conn, account_id)
    if account is not None and account.state is AccountState.ACTIVE:
        _send(
            core,
            account,
            "mail.staff.notice.subject",
            NOTICES[notice],
            link=f"{core.settings.address}/staff/me",
        )


def _send(core: Core, account: Account, subject: str, text: str, **values: str) -> None:
    gaps = values | {"name": account.name}
    subject, text = translate(subject, account.language, **gaps), translate(text, account.language, **gaps)
    deliver(core, account.email, subject, text)


def deliver(core: Core, to: str, subject: str, text: str) -> None:
    """Send a mail to the staff; raises `Unavailable` when it may work later. What is refused for good is logged."""
    mailer = mailers.for_settings(core.settings)
    if mailer is None:
        return
    message = EmailMessage()
    message["From"] = core.settings.mail_from
    message["To"] = to
    message["Subject"] = subject
    message["Date"] = formatdate(core.now().timestamp(), localtime=False)
    message["Message-ID"] = make_msgid(domain=urlsplit(core.settings.address).hostname)
    # RFC 3834: absence notes must not answer to it.
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(text + "\n")
    try:
        mailer.send(message)
    except mailers.MailRefused as reason:
        log.warning("mail_refused", reason=str(reason))
