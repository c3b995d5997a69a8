"""Who acts, with which rights, and where: every action takes an `Actor` and asks it before it changes anything."""

import getpass
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from open311.base.errors import Forbidden, Problem, problem
from open311.model.access.keys import Key, Scope
from open311.model.jurisdiction import covers


class Right(StrEnum):
    """One thing that somebody may see or do. Roles of staff and scopes of keys are bundles of these."""

    SEE_REPORTS = "see_reports"
    SEE_HELD = "see_held"
    SEE_HELD_NEARBY = "see_held_nearby"
    SEE_ALL_UNITS = "see_all_units"
    SEE_REPORTER = "see_reporter"
    # Of what somebody has just taken in; it opens no search for people.
    SEE_CALLER = "see_caller"
    SEE_ORIGINALS = "see_originals"
    # Of services whose work needs them, as the catalogue says: a car is found by its number plate.
    SEE_UNIT_ORIGINALS = "see_unit_originals"
    CHECK = "check"
    EDIT = "edit"
    SET_STATUS = "set_status"
    WRITE_PUBLIC = "write_public"
    WRITE_REPORTER = "write_reporter"
    NOTE = "note"
    ASSIGN_PERSON = "assign_person"
    ASSIGN_UNIT = "assign_unit"
    ACCEPT = "accept"
    MERGE = "merge"
    PLAN = "plan"
    ORDER = "order"
    FIELD = "field"
    INTAKE = "intake"
    BULK = "bulk"
    EXPORT = "export"
    EXPORT_PERSONAL = "export_personal"
    FIGURES = "figures"
    TEMPLATES = "templates"
    SHARE_VIEWS = "share_views"
    ERASE = "erase"
    BLOCK_SENDER = "block_sender"
    MANAGE_MEMBERS = "manage_members"
    MANAGE_ACCOUNTS = "manage_accounts"
    READ_AUDIT = "read_audit"
    API_TOKENS = "api_tokens"
    # Keys, webhooks, sources and forwards: the operator.
    OPERATE = "operate"


ALL_RIGHTS = frozenset(Right)
OF_SCOPE = {
    Scope.REPORT: frozenset({Right.INTAKE}),
    Scope.CHANGE_STATUS: frozenset({Right.SET_STATUS, Right.WRITE_PUBLIC}),
    Scope.READ_HELD: frozenset({Right.SEE_HELD}),
}


class ActorKind(StrEnum):
    """What an actor is; the first part of what events record."""

    CLI = "cli"
    KEY = "key"
    WORKER = "worker"
    FORWARD = "forward"
    HARVEST = "harvest"
    IMPORT = "import"
    STAFF = "staff"
    REPORTER = "reporter"
    CONTRACTOR = "contractor"
    PUBLIC = "public"


def lacking(right: Right) -> Problem:
    """That this right is missing, in words: the person has to ask somebody else for it."""
    return problem("error.right.missing", right=problem(f"desk.right.{right.value}"))


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody who acts. `jurisdictions` are those the rights are good for; None means all.

    `key_id` tells senders apart whose ids for their own reports may be the same: 0 for all who need no API key.
    """

    kind: ActorKind
    id: str = ""
    rights: frozenset[Right] = frozenset()
    jurisdictions: frozenset[str] | None = None
    key_id: int = 0

    def __str__(self) -> str:
        return f"{self.kind}:{self.id}" if self.id else str(self.kind)

    @property
    def account_id(self) -> int | None:
        """The account of somebody at the desk."""
        return int(self.id) if self.kind is ActorKind.STAFF else None

    def covers(self, jurisdiction_id: str) -> bool:
        """Whether the rights are good for this jurisdiction, or the real one behind it on the test endpoint."""
        return self.jurisdictions is None or covers(self.jurisdictions, jurisdiction_id)

    def may(self, right: Right, jurisdiction_id: str) -> bool:
        return right in self.rights and self.covers(jurisdiction_id)

    def require(self, right: Right, jurisdiction_id: str | None) -> None:
        """Raise `Forbidden` unless the actor has this right there; None means everywhere."""
        if right not in self.rights:
            raise Forbidden(lacking(right))
        if self.jurisdictions is not None and (jurisdiction_id is None or not self.covers(jurisdiction_id)):
            raise Forbidden(problem("error.right.elsewhere", jurisdiction_id=jurisdiction_id or "*"))


WORKER = Actor(ActorKind.WORKER, rights=ALL_RIGHTS)
# Anybody who fills in the forms of the public site, which need no key.
PUBLIC = Actor(ActorKind.PUBLIC, rights=frozenset({Right.INTAKE}))
# Whoever holds the link to their own data: the link decides which.
REPORTER = Actor(ActorKind.REPORTER, rights=frozenset({Right.ERASE}))


def cli_actor() -> Actor:
    """Whoever is at the command line: they can read the database itself, so nothing is kept from them."""
    return Actor(ActorKind.CLI, getpass.getuser(), ALL_RIGHTS)


def key_actor(key: Key) -> Actor:
    """The program that came with an API key."""
    rights = frozenset[Right]().union(*(OF_SCOPE[scope] for scope in key.scopes))
    return Actor(ActorKind.KEY, key.name, rights, key.jurisdictions, key.id)


def forward_actor(host: str) -> Actor:
    """The server that reports were handed on to, and whose answers are taken over."""
    return Actor(ActorKind.FORWARD, host, frozenset({Right.SET_STATUS, Right.WRITE_PUBLIC}))


def source_actor(kind: ActorKind, source: str, jurisdiction_id: str) -> Actor:
    """A server that is harvested, or a file that is imported: it decides about what came from it."""
    rights = {Right.INTAKE, Right.EDIT, Right.SET_STATUS, Right.CHECK, Right.ERASE}
    return Actor(kind, source, frozenset(rights), frozenset({jurisdiction_id}))


def contractor_actor(code: str) -> Actor:
    """Whoever holds the link of an order: it decides which."""
    return Actor(ActorKind.CONTRACTOR, code)


def staff_actor(account_id: int, rights: Iterable[Right], jurisdictions: Iterable[str] | None) -> Actor:
    bound = None if jurisdictions is None else frozenset(jurisdictions)
    return Actor(ActorKind.STAFF, str(account_id), frozenset(rights), bound)
