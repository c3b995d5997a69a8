"""One's own data: ask for a link to them, look at them, take them along, have them erased."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from open311.actions import casework
from open311.actions.photos import media
from open311.base.errors import Invalid, NotFound, problem
from open311.core import Core
from open311.model.access.actor import REPORTER, Actor
from open311.model.catalogue import Catalogue
from open311.model.events.event_kinds import EventKind
from open311.model.mailbox import mailbox
from open311.model.task_names import TaskName
from open311.notifications import mail_guard
from open311.notifications.model.alert import Alert
from open311.notifications.model.followers import Follower
from open311.notifications.model.mail_limits import MailAsker
from open311.notifications.model.mail_links import Purpose
from open311.notifications.storage import alerts, mail_links, people
from open311.notifications.storage import followers as storage
from open311.storage import events, jobs
from open311.storage.database import Connection
from open311.storage.mails import inbox
from open311.storage.requests import service_requests


@dataclass(frozen=True, slots=True)
class OwnData:
    """All that is kept about the owner of a mailbox."""

    email: str
    language: str
    reported: Sequence[Mapping[str, Any]]
    updated: Sequence[Mapping[str, Any]]
    followed: Sequence[Follower]
    notes: Sequence[Mapping[str, Any]] = ()
    written: Sequence[Mapping[str, Any]] = ()
    alerts: Sequence[Alert] = ()

    @property
    def nothing(self) -> bool:
        return not (self.reported or self.updated or self.followed or self.written or self.alerts)

    @property
    def count(self) -> int:
        """Of how many things it is made."""
        parts = (self.reported, self.updated, self.followed, self.notes, self.written, self.alerts)
        return sum(map(len, parts))


def document(data: OwnData) -> dict[str, Any]:
    """All of it as a file that programs can read (GDPR, Article 20)."""
    followed = [
        {
            "service_request_id": following.service_request_id,
            "since": following.created_datetime,
            "confirmed": following.confirmed_datetime is not None,
        }
        for following in data.followed
    ]
    return {
        "email": data.email,
        "reported": list(data.reported),
        "updates_sent": list(data.updated),
        "followed": followed,
        "news_of_areas": [
            {"place": alert.place, "since": alert.created_datetime, "weekly": alert.weekly}
            for alert in data.alerts
        ],
        "notes_about_you": list(data.notes),
        "mails_sent_to_us": list(data.written),
    }


def request_link(core: Core, catalogue: Catalogue, email: str, language: str, asker: MailAsker) -> None:
    """Send the owner of a mailbox a link to their data; raises `Invalid`, `TooManyRequests`.

    Nobody learns whether there are any.
    """
    address = mailbox(email)
    if address is None:
        raise Invalid(problem("error.email"))
    owner = catalogue.jurisdiction.jurisdiction_id
    with core.database.begin() as conn:
        # Before anything is looked up, so that neither answer nor time tells whether we know the mailbox.
        mail_guard.admit(core, conn, Purpose.OWN_DATA, address, asker)
        link_id = mail_links.add(conn, Purpose.OWN_DATA, owner, language, core.now(), email=address)
        jobs.defer(conn, TaskName.SEND_DATA_LINK, link_id=link_id)


def find(core: Core, catalogue: Catalogue, token: str) -> OwnData:
    """All that is kept about the owner of a link; raises `NotFound` when it has expired, or was used to erase."""
    with core.database.read() as conn:
        email, language = _owner(core, conn, catalogue, token)
        return of_mailbox(conn, catalogue, email, language)


def of_mailbox(conn: Connection, catalogue: Catalogue, email: str, language: str = "") -> OwnData:
    """All that is kept about the owner of a mailbox."""
    owners = _owners(catalogue)
    return OwnData(
        email,
        language,
        reported=people.reported_by(conn, owners, email),
        updated=people.updated_by(conn, owners, email),
        followed=storage.by_email(conn, owners, email),
        notes=people.notes_about(conn, owners, email),
        written=inbox.by_email(conn, owners, email),
        alerts=alerts.by_email(conn, owners, email),
    )


def erase(core: Core, catalogue: Catalogue, token: str) -> None:
    """Delete all that is kept about the owner of a link, and the link; raises `NotFound`."""
    with core.database.begin() as conn:
        email, _ = _owner(core, conn, catalogue, token)
        files = forget(core, conn, catalogue, email, REPORTER)
    # After the commit: a transaction that fails must not have lost its files.
    media.discard(core, files)


def forget(core: Core, conn: Connection, catalogue: Catalogue, email: str, actor: Actor) -> list[str]:
    """Delete all that is kept about the owner of a mailbox; returns files to be discarded after the transaction.

    Reports that others can see, or that are still to be checked, stay without a name; hidden ones go altogether.
    """
    owners = _owners(catalogue)
    # Reports first: they are found by the rows about the person, which go below.
    for service_request_id in people.hidden_reports_of(conn, owners, email):
        request = service_requests.find_any(conn, service_request_id, lock=True)
        if request:
            casework.erase_locked(core, conn, request, actor)
    forgotten, files = people.forget(conn, owners, email)
    for service_request_id, owner in forgotten:
        tell_forgotten(core, conn, service_request_id, owner, actor)
    return files


def tell_forgotten(core: Core, conn: Connection, service_request_id: int, owner: str, actor: Actor) -> None:
    events.append(
        conn,
        service_request_id,
        owner,
        EventKind.PERSON_FORGOTTEN,
        at=core.now(),
        actor=actor,
        public=False,
    )


def _owners(catalogue: Catalogue) -> tuple[str, str]:
    """A person's reports to the test endpoint are theirs, too."""
    return catalogue.jurisdiction.jurisdiction_id, catalogue.sandbox().jurisdiction.jurisdiction_id


def _owner(core: Core, conn: Connection, catalogue: Catalogue, token: str) -> tuple[str, str]:
    """Mailbox and language of the holder of this link to their data; no other link opens them."""
    link = mail_links.find(conn, token, core.now())
    mine = link and link.jurisdiction_id == catalogue.jurisdiction.jurisdiction_id
    if not (link and mine and link.purpose is Purpose.OWN_DATA and link.email):
        raise NotFound(problem("error.follower.unknown"))
    return link.email, link.language
