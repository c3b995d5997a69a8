"""What staff decide about mails that nobody else could: which report one belongs to, or that it is none of ours."""

from collections.abc import Sequence

from open311.actions.casework.conversation.correspondence import receive
from open311.actions.photos.media import Files
from open311.base.errors import Conflict, Invalid, NotFound, problem
from open311.core import Core
from open311.model.access.actor import Actor, Right
from open311.model.inbox import InboxMail, InboxState
from open311.model.service_request import Visibility
from open311.storage.database import Connection
from open311.storage.mails import inbox as storage
from open311.storage.requests import service_requests


def find(core: Core, mail_id: int, owners: Sequence[str]) -> InboxMail:
    """A mail that came to one of these jurisdictions; raises `NotFound`."""
    with core.database.read() as conn:
        return _required(storage.find(conn, mail_id, owners), mail_id)


def discard(core: Core, mail_id: int, actor: Actor, owner: str) -> None:
    """Put a mail aside: it is no report and belongs to none."""
    actor.require(Right.CHECK, owner)
    with core.database.begin() as conn:
        undecided(conn, mail_id, owner)
        storage.decide(conn, mail_id, InboxState.SPAM, core.now())


def take_back(core: Core, mail_id: int, actor: Actor, owner: str) -> None:
    """Let a mail that was put aside, or taken for one of a program, wait again."""
    actor.require(Right.CHECK, owner)
    with core.database.begin() as conn:
        mail = _required(storage.find(conn, mail_id, [owner], lock=True), mail_id)
        if mail.state not in (InboxState.SPAM, InboxState.AUTOMATIC) or not mail.from_address:
            raise Invalid(problem("error.mail.settled"))
        storage.reopen(conn, mail_id)


def link(core: Core, mail_id: int, service_request_id: int, actor: Actor, owner: str) -> None:
    """Take a mail for something said about a report; as all that is said by others it waits for its check there."""
    actor.require(Right.CHECK, owner)
    with core.database.begin() as conn:
        mail = undecided(conn, mail_id, owner)
        request = service_requests.find(conn, service_request_id, owner)
        if request is None or request.visibility == Visibility.HIDDEN:
            raise Invalid(problem("error.service_request.unknown", service_request_id=service_request_id))
        attach_to_report(core, conn, mail, service_request_id)


def attach_to_report(core: Core, conn: Connection, mail: InboxMail, service_request_id: int) -> None:
    """Attach a mail to a report, with its photos, within the caller's transaction."""
    # Lent: the files lie in the store already, and must not be swept away when this is rolled back.
    receive(core, conn, service_request_id, mail.text, Files(lent=mail.photos))
    storage.release_photos(conn, mail.id)
    storage.decide(conn, mail.id, InboxState.LINKED, core.now(), service_request_id)


def report(core: Core, conn: Connection, mail: InboxMail, service_request_id: int) -> None:
    """Remember that a mail became a report, which has its photos now."""
    storage.release_photos(conn, mail.id)
    storage.decide(conn, mail.id, InboxState.REPORTED, core.now(), service_request_id)


def undecided(conn: Connection, mail_id: int, owner: str) -> InboxMail:
    """A mail that still waits, locked; raises `Conflict` when a colleague was quicker."""
    mail = _required(storage.find(conn, mail_id, [owner], lock=True), mail_id)
    if mail.state is not InboxState.NEW:
        raise Conflict(problem("error.mail.decided"), revision=0)
    return mail


def _required(mail: InboxMail | None, mail_id: int) -> InboxMail:
    if mail is None:
        raise NotFound(problem("error.mail.unknown", mail_id=mail_id))
    return mail
