"""Reports that staff take in for somebody else: on the telephone, at the counter, from a letter or a mail."""

from typing import Any

from open311.actions.casework.conversation.contacts import write_contact
from open311.actions.desk import inbox_decisions
from open311.actions.reporting import drafts
from open311.base.errors import Problem, TooManyRequests
from open311.core import Core
from open311.model.access.actor import Actor
from open311.model.catalogue import Catalogue
from open311.model.inbox import InboxMail, InboxState
from open311.model.intake.drafts import Draft
from open311.model.intake.submission import Receipt, Submission
from open311.model.mailbox import mailbox
from open311.model.media import StoredFile
from open311.notifications import mail_subscriptions
from open311.notifications.model.mail_limits import MailAsker
from open311.storage.database import Connection
from open311.storage.mails import inbox


def take_in(
    core: Core,
    catalogue: Catalogue,
    draft: Draft,
    submission: Submission,
    problems: tuple[Problem, ...],
    actor: Actor,
    *,
    language: str,
) -> Receipt | None:
    """Make a report of what was said; None when it has become one already. Raises what `report.submit` raises.

    Who left an address and wishes so is asked by mail whether they want to hear of it.
    """

    def also(conn: Connection, number: int) -> str:
        if mail_id := draft.state.get("mail"):
            inbox_decisions.report(core, conn, _mail(conn, draft, mail_id), number)
        return _follow(core, conn, draft, number, submission.reporter.email, language)

    return drafts.send(core, catalogue, draft, submission, problems, also, actor)


def join(
    core: Core,
    draft: Draft,
    service_request_id: int,
    submission: Submission,
    actor: Actor,
    *,
    language: str,
) -> None:
    """Let a report that is there stand for what was said, too; its number of contacts tells how many say so."""

    def also(conn: Connection) -> str:
        write_contact(core, conn, service_request_id, actor, submission.channel, submission.reporter)
        if mail_id := draft.state.get("mail"):
            inbox_decisions.attach_to_report(core, conn, _mail(conn, draft, mail_id), service_request_id)
        return _follow(core, conn, draft, service_request_id, submission.reporter.email, language)

    drafts.join(core, draft, service_request_id, also)


def photos_of_mail(core: Core, draft: Draft) -> tuple[StoredFile, ...]:
    """The photos of the mail that is taken in, which lie in the store already."""
    mail_id = draft.state.get("mail")
    if not mail_id:
        return ()
    with core.database.read() as conn:
        mail = inbox.find(conn, int(mail_id), [draft.jurisdiction_id])
    return mail.photos if mail and mail.state is InboxState.NEW else ()


def _mail(conn: Connection, draft: Draft, mail_id: Any) -> InboxMail:
    return inbox_decisions.undecided(conn, int(mail_id), draft.jurisdiction_id)


def _follow(core: Core, conn: Connection, draft: Draft, number: int, email: str | None, language: str) -> str:
    """A caller on the telephone cannot show that a mailbox is theirs, so the mailbox is asked."""
    wants = draft.text("follow") and mail_subscriptions.possible(core)
    if not (wants and email and mailbox(email)):
        return ""
    # Counted by mailbox and altogether; all calls of a day come from the one network of the town hall.
    asker = MailAsker(draft.token, draft.token, proven=True)
    try:
        mail_subscriptions.begin(core, conn, number, email, language, asker)
    except TooManyRequests:
        return drafts.NOT_NOW
    return drafts.FOLLOWED
