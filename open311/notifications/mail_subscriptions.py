"""Following a report by mail, and one's own data: begin, confirm, stop, look at, erase."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from open311.base.errors import Invalid, NotFound, problem
from open311.core import Core
from open311.model.catalogue import Catalogue
from open311.model.service_request import Visibility
from open311.notifications import storage
from open311.notifications.followers import (
    ASKED_AGAIN_AFTER,
    LINK_KEPT_FOR,
    Follower,
    is_token,
    mailbox,
    new_token,
)
from open311.storage import events, jobs, service_requests
from open311.storage.database import Connection

LINKS_A_DAY = 3


@dataclass(frozen=True, slots=True)
class OwnData:
    """All that is kept about the owner of an address."""

    email: str
    language: str
    reported: Sequence[Mapping[str, Any]]
    updated: Sequence[Mapping[str, Any]]
    followed: Sequence[Follower]

    @property
    def nothing(self) -> bool:
        """Whether nothing is kept."""
        return not (self.reported or self.updated or self.followed)


def possible(core: Core) -> bool:
    """Whether mail is sent at all."""
    return core.settings.smtp_url is not None


def begin(core: Core, conn: Connection, service_request_id: int, email: str, language: str) -> None:
    """Have the owner of an address asked whether they want to hear of a report; raises `Invalid`.

    Whoever was asked a moment ago, or follows already, gets no second mail.
    """
    address = mailbox(email)
    if address is None:
        raise Invalid(problem("error.email"))
    now = core.now()
    found, new = storage.add(conn, service_request_id, address, language, new_token(), now)
    again = found.confirmed_datetime is None and now - found.asked_datetime >= ASKED_AGAIN_AFTER
    if again:
        storage.asked(conn, found.id, now)
    if new or again:
        jobs.defer(conn, "ask_follower", jobs.OUTSIDE, follower_id=found.id)


def follow(core: Core, catalogue: Catalogue, service_request_id: int, email: str, language: str) -> None:
    """The same for a report that is public or being checked; raises `NotFound` for any other."""
    owner = catalogue.jurisdiction.jurisdiction_id
    with core.database.begin() as conn:
        found = service_requests.find(conn, service_request_id, owner)
        if found is None or found.visibility == Visibility.HIDDEN:
            raise NotFound(problem("error.service_request.unknown", service_request_id=service_request_id))
        begin(core, conn, service_request_id, email, language)


def find(core: Core, token: str) -> Follower:
    """Whom a link of a mail belongs to; raises `NotFound`."""
    with core.database.read() as conn:
        found = storage.find(conn, token) if is_token(token) else None
    if found is None:
        raise NotFound(problem("error.follower.unknown"))
    return found


def confirm(core: Core, token: str) -> None:
    """Write to the owner of this link from now on."""
    with core.database.begin() as conn:
        storage.confirm(conn, token, core.now())


def stop(core: Core, token: str) -> None:
    """Write to them no more, and forget the address; stopping twice is no error."""
    if not is_token(token):
        return
    with core.database.begin() as conn:
        storage.remove(conn, token)


def ask_for_data(core: Core, catalogue: Catalogue, email: str, language: str) -> None:
    """Send the owner of an address a link to their data; raises `Invalid`. Nobody learns whether there are any."""
    address = mailbox(email)
    if address is None:
        raise Invalid(problem("error.email"))
    owner, now = catalogue.jurisdiction.jurisdiction_id, core.now()
    with core.database.begin() as conn:
        if storage.recent_links(conn, owner, address, now - LINK_KEPT_FOR) < LINKS_A_DAY:
            token = new_token()
            storage.add_link(conn, token, owner, address, language, now)
            jobs.defer(conn, "send_data_link", jobs.OUTSIDE, token=token)


def own_data(core: Core, catalogue: Catalogue, token: str) -> OwnData:
    """All that is kept about the owner of a link; raises `NotFound` when it has expired."""
    owner = catalogue.jurisdiction.jurisdiction_id
    with core.database.read() as conn:
        email, language = _owner(conn, owner, token, core.now())
        return OwnData(
            email,
            language,
            reported=storage.reported_by(conn, owner, email),
            updated=storage.updated_by(conn, owner, email),
            followed=storage.by_email(conn, owner, email),
        )


def erase_own_data(core: Core, catalogue: Catalogue, token: str) -> None:
    """Delete all that is kept about the owner of a link; the reports stay, without a name."""
    owner = catalogue.jurisdiction.jurisdiction_id
    with core.database.begin() as conn:
        email, _ = _owner(conn, owner, token, core.now())
        for number in storage.forget_person(conn, owner, email):
            happened = {"at": core.now(), "actor": "reporter", "public": False}
            events.append(conn, number, owner, "person_forgotten", **happened)  # type: ignore[arg-type]


def _owner(conn: Connection, jurisdiction_id: str, token: str, now: datetime) -> tuple[str, str]:
    """Address and language of whoever has this link: one to their data, or any link of a mail about a report."""
    if not is_token(token):
        raise NotFound(problem("error.follower.unknown"))
    link = storage.link(conn, token, now - LINK_KEPT_FOR)
    if link and link[0] == jurisdiction_id:
        return link[1], link[2]
    follower = storage.find(conn, token)
    if follower is None or follower.jurisdiction_id != jurisdiction_id:
        raise NotFound(problem("error.follower.unknown"))
    return follower.email, follower.language
