"""Requests of every visibility, each text of each a canary of its own, and everybody who asks for them."""

import gzip
import re
from collections.abc import Sequence
from typing import NamedTuple

from flask import Flask
from sqlalchemy import Connection, Table, Text, insert
from sqlalchemy.dialects.postgresql import ARRAY

from open311.actions import keys
from open311.core import Core
from open311.model.access.keys import Scope
from open311.model.access.visibility import View
from open311.model.service_request import Location, Visibility
from open311.storage.tables import (
    events,
    followers,
    foreign_references,
    media,
    reporters,
    service_requests,
    submissions,
)
from tests.actors import CLARA
from tests.client import client_of
from tests.serving import START
from tests.stored import store

OWN, OTHER = "ludwigshafen.de", "speyer.de"
CODES = {"jurisdiction_id", "service_code", "status", "detailed_status", "visibility"}
# What everybody reads of a published request; all other canaries are for nobody who asks here.
PUBLIC_FIELDS = {column.name for column in service_requests.c} | {"note", "reference", "alt"}
CANARY = re.compile(r"canary-([a-z_]+)-(\w+?)-end")


class Subject(NamedTuple):
    """A request whose every text is a canary."""

    name: str
    jurisdiction_id: str
    visibility: Visibility
    number: int
    photo: str
    place: tuple[str, str]


class Asker(NamedTuple):
    """Somebody with or without a key, and whether they see what our city holds."""

    name: str
    key: str
    sees_held: bool


def canary(field: str, name: str) -> str:
    """What stands in this field of this request, and nowhere else."""
    return f"canary-{field}-{name}-end"


def view_of(subject: Subject, asker: Asker | None, *, held_by_id: bool) -> View:
    """The table of visibility, once more and by hand."""
    if subject.jurisdiction_id != OWN or subject.visibility is Visibility.HIDDEN:
        return View.NONE
    if subject.visibility is Visibility.PUBLISHED:
        return View.FULL
    if subject.visibility is Visibility.HELD and asker and asker.sees_held:
        return View.FULL
    return View.REDACTED if held_by_id else View.NONE


def _texts(table: Table, name: str, prefix: str = "") -> dict[str, str]:
    """A canary for every column of a table that holds a text, those of tomorrow too."""
    columns = [column for column in table.c if not column.computed and isinstance(column.type, Text)]
    return {column.name: canary(prefix + column.name, name) for column in columns if column.name not in CODES}


def a_subject(
    conn: Connection, place: int, name: str, jurisdiction_id: str, visibility: Visibility
) -> Subject:
    lat, long = 49.4811 + place * 1e-5, 8.4464 + place * 1e-5
    photo = f"{place:032x}.jpg"
    lists = {
        "media_urls": [f"https://example.org/{canary('media_urls', name)}"],
        "photos": [f"/media/{photo}"],
    }
    assert set(lists) == {column.name for column in service_requests.c if isinstance(column.type, ARRAY)}
    number = store(
        conn,
        jurisdiction_id=jurisdiction_id,
        visibility=visibility,
        attributes={"WO": [canary("attributes", name)]},
        location=Location(lat=lat, long=long),
        **_texts(service_requests, name),
        **lists,
    )
    _attach(conn, number, name, jurisdiction_id, photo)
    return Subject(name, jurisdiction_id, visibility, number, photo, (f"{lat:.5f}", f"{long:.5f}"))


def _attach(conn: Connection, number: int, name: str, jurisdiction_id: str, photo: str) -> None:
    """What hangs on a request: who sent it, what happened to it, who follows it."""
    mine = {"service_request_id": number}
    owned = mine | {"jurisdiction_id": jurisdiction_id}
    private = {"X": [canary("private", name)]}
    conn.execute(insert(reporters).values(**mine, **_texts(reporters, name, "person_"), attributes=private))
    sent = {"client_request_id": canary("client", name), "attributes": {"Y": [canary("unasked", name)]}}
    conn.execute(insert(submissions).values(**mine, **sent, received_datetime=START))
    for public, field in ((True, "note"), (False, "internal")):
        flags = {"public": public, "in_feed": public, "is_update": public}
        said = {"status": "open", "status_notes": canary(field, name)}
        line = {"kind": "status_changed", "datetime": START, "actor": f"cli:{canary('actor', name)}"}
        conn.execute(insert(events).values(**owned, **flags, **line, data=said))
    reference = {"source": "elsewhere", "foreign_id": canary("reference", name), "digest": ""}
    conn.execute(insert(foreign_references).values(**owned, **reference))
    file = {"key": photo, "media_type": "image/jpeg", "bytes": 1, "width": 1, "height": 1, "sha256": photo}
    shown = {"visibility": "public", "position": 0, "created_datetime": START}
    conn.execute(insert(media).values(**mine, **file, **shown, alt=canary("alt", name)))
    follower = {"email": f"{canary('follower', name)}@example.org", "language": "de"}
    conn.execute(insert(followers).values(**mine, **follower, created_datetime=START, asked_datetime=START))


class Town:
    """A server with requests of every visibility, and everybody who asks it for them."""

    def __init__(self, core: Core, conn: Connection, app: Flask) -> None:
        self.core, self.client = core, client_of(core, app)
        self.several = core.catalogues.several
        self.held_by_id = core.catalogues.in_force[0].jurisdiction.held_by_id
        wanted = [(str(visibility), OWN, visibility) for visibility in Visibility]
        wanted += [("elsewhere", OTHER, Visibility.PUBLISHED), ("heldelsewhere", OTHER, Visibility.HELD)]
        self.subjects = [a_subject(conn, place, *state) for place, state in enumerate(wanted, 1)]
        self.nobody = Asker("nobody", "", sees_held=False)
        self.askers = [
            self.nobody,
            Asker("reporter", self._key([Scope.REPORT], [OWN]), sees_held=False),
            Asker("checker", self._key(list(Scope), [OWN]), sees_held=True),
            Asker("anywhere", self._key(list(Scope), None), sees_held=True),
        ]
        if self.several:
            self.askers.append(Asker("another", self._key(list(Scope), [OTHER]), sees_held=False))

    def _key(self, scopes: Sequence[Scope], jurisdictions: list[str] | None) -> str:
        return keys.add_key(self.core, f"{scopes} {jurisdictions}", scopes, jurisdictions, actor=CLARA)

    def asked(self, path: str, asker: Asker) -> tuple[int, str]:
        """Status and text of an answer, headers and all."""
        head = {"Authorization": f"Bearer {asker.key}"} if asker.key else {}
        answer = self.client.get(path, headers=head)
        body = answer.data
        if answer.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        return answer.status_code, f"{answer.headers}\n{body.decode('utf-8', 'replace')}"

    def view(self, subject: Subject, asker: Asker | None) -> View:
        """How much of a request somebody sees; None is whoever asks without a key."""
        return view_of(subject, asker, held_by_id=self.held_by_id)

    def forbidden(self, text: str, asker: Asker | None) -> list[str]:
        """What stands in an answer although its reader may not see it."""
        found = []
        for subject in self.subjects:
            whole = self.view(subject, asker) is View.FULL
            seen = {field for field, name in CANARY.findall(text) if name == subject.name}
            if not whole:
                seen |= {canary for canary in (*subject.place, subject.photo) if canary in text}
            found += [
                f"{subject.name}: {field}" for field in sorted(seen - (PUBLIC_FIELDS if whole else set()))
            ]
        return found
