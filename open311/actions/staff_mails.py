"""Mails to the staff: one-time links, and word of what changed about their account."""

from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from urllib.parse import urlsplit

import structlog

from open311.adapters import mail
from open311.base.i18n import translate
from open311.core import Core
from open311.model import accounts as model
from open311.model.accounts import Account, AccountState, LinkKind
from open311.model.secret_tokens import digest, new_token
from open311.model.task_names import TaskName
from open311.storage import accounts, jobs
from open311.storage.database import Connection

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
}


def possible(core: Core) -> bool:
    return core.settings.smtp_url is not None


def new_link(core: Core, conn: Connection, account_id: int, kind: LinkKind) -> str:
    """Give an account a one-time link and return it; one it had before is void. Only its digest is kept."""
    token = new_token()
    accounts.put_link(conn, account_id, kind, digest(token), core.now() + LINK_LASTS[kind])
    return link_address(core, token)


def link_address(core: Core, token: str) -> str:
    """The address behind a one-time link."""
    return f"{_root(core)}/staff/welcome/{token}"


def _root(core: Core) -> str:
    settings = core.settings
    return settings.base_url or f"http://{settings.host}:{settings.port}"


def mail_link(conn: Connection, account_id: int, kind: LinkKind) -> None:
    """Have a link sent by mail; the worker makes it, so that it stands nowhere until it is sent."""
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
        _send(core, account, "mail.staff.notice.subject", NOTICES[notice], link=f"{_root(core)}/staff/me")


def _send(core: Core, account: Account, subject: str, text: str, **values: str) -> None:
    mailer = mail.for_settings(core.settings)
    if mailer is None:
        return
    known = values | {"name": account.name}
    message = EmailMessage()
    message["From"] = core.settings.mail_from
    message["To"] = account.email
    message["Subject"] = translate(subject, account.language, **known)
    message["Date"] = formatdate(core.now().timestamp(), localtime=False)
    message["Message-ID"] = make_msgid(domain=urlsplit(values["link"]).hostname)
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(translate(text, account.language, **known) + "\n")
    try:
        mailer.send(message)
    except mail.Refused as reason:
        log.warning("mail_refused", reason=str(reason))
