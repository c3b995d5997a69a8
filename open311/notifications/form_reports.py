"""Reports that citizens send by the form, and the mails that they wish for: in one transaction."""

from dataclasses import dataclass

from open311.actions.reporting import affected, drafts
from open311.base.errors import Problem, TooManyRequests
from open311.core import Core
from open311.model.catalogue import Catalogue
from open311.model.intake.drafts import Draft
from open311.model.intake.submission import Receipt, Submission
from open311.notifications import mail_subscriptions
from open311.notifications.model.mail_limits import MailAsker
from open311.storage.database import Connection


@dataclass(frozen=True, slots=True)
class MailWish:
    """To whom mails would go, who asks for them, and whether what becomes of the report is to be told, too."""

    email: str
    language: str
    asker: MailAsker
    follows: bool


def send(
    core: Core,
    catalogue: Catalogue,
    draft: Draft,
    submission: Submission,
    problems: tuple[Problem, ...],
    mail: MailWish,
) -> Receipt | None:
    """Make a report of a draft; None when it has become one already. Raises what `report.submit` raises."""

    def also(conn: Connection, number: int) -> str:
        if not mail.follows:
            sent = mail_subscriptions.receipt(core, conn, number, mail.email, mail.language, mail.asker)
            return drafts.RECEIPT if sent else ""
        try:
            mail_subscriptions.begin(core, conn, number, mail.email, mail.language, mail.asker)
        except TooManyRequests:
            # The report counts; mails can be asked for later.
            return drafts.NOT_NOW
        return drafts.FOLLOWED

    return drafts.send(core, catalogue, draft, submission, problems, also)


def join(
    core: Core,
    catalogue: Catalogue,
    draft: Draft,
    service_request_id: int,
    sender: tuple[str, str],
    mail: MailWish | None,
) -> None:
    """Count for a report that says the same, instead of sending another one; `sender`: device and network."""

    def also(conn: Connection) -> str:
        affected.add_within(core, conn, catalogue, service_request_id, *sender)
        if mail is None:
            return ""
        mail_subscriptions.begin(core, conn, service_request_id, mail.email, mail.language, mail.asker)
        return drafts.FOLLOWED

    drafts.join(core, draft, service_request_id, also)
