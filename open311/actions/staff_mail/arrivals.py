"""Telling a unit or a person at once that a case has come to them.

A person always hears of it, as they wish. A unit does where the catalogue says so, and of all that is urgent: else the
mail of the day would be one of many.
"""

from collections.abc import Iterable, Mapping
from datetime import timedelta

from open311.actions.staff_mail import staff_mails, staff_notices
from open311.core import Core
from open311.model.access.actor import Actor, ActorKind
from open311.model.casework.cases import Case, Priority, Stage
from open311.model.casework.staff_notices import Notice, NoticeKind, Recipient, arrival_of, has_returned
from open311.model.catalogue import Catalogue
from open311.model.staff.accounts import Account
from open311.storage.database import Connection
from open311.storage.desk.staff_mail import recipients
from open311.storage.staff_accounts import accounts

# What comes within this time goes into one mail, so that a flood of reports is no flood of mails.
GATHERED_FOR = timedelta(minutes=2)


def tell(core: Core, conn: Connection, before: Case | None, after: Case, actor: Actor) -> None:
    """Have those told to whom a case has come by an act, within its transaction; nobody of what they did themselves.

    `before` is None for a new report.
    """
    if not staff_mails.possible(core):
        return
    catalogue = core.catalogues.owner(after.jurisdiction_id)
    # Another server works on these, and nobody here does.
    if catalogue.jurisdiction.harvested_from:
        return
    if after.assignee_id not in (None, before and before.assignee_id):
        _tell_people(core, conn, after, NoticeKind.ASSIGNED, [after.assignee_id or 0], actor)
    kind = NoticeKind.RETURNED if has_returned(before, after) else arrival_of(before, after)
    if kind is NoticeKind.RETURNED and after.assignee_id is not None:
        _tell_people(core, conn, after, kind, [after.assignee_id], actor)
    elif kind is not None and _is_wanted(catalogue, after):
        _tell(
            core, conn, _of_unit(core, conn, catalogue, after, actor), Notice(after.service_request_id, kind)
        )


def tell_of_mention(
    core: Core, conn: Connection, case: Case, account_ids: Iterable[int], actor: Actor
) -> None:
    """Have those told whom a note names."""
    if staff_mails.possible(core):
        _tell_people(core, conn, case, NoticeKind.MENTIONED, account_ids, actor)


def _unit(catalogue: Catalogue, case: Case) -> str | None:
    return catalogue.desk.checkers if case.stage is Stage.CHECK else case.unit


def _is_wanted(catalogue: Catalogue, case: Case) -> bool:
    """Whether the unit that has to do something now hears of it at once.

    Those who check have a queue before them, so nothing is urgent to them by mail unless they wish it.
    """
    unit = catalogue.desk.units.get(_unit(catalogue, case) or "")
    is_urgent = case.priority >= Priority.HIGH and case.stage is not Stage.CHECK
    return is_urgent or (unit is not None and unit.at_once)


def _of_unit(
    core: Core, conn: Connection, catalogue: Catalogue, case: Case, actor: Actor
) -> Mapping[Recipient, Account | None]:
    code = _unit(catalogue, case)
    unit = catalogue.desk.units.get(code or "")
    if unit is not None and unit.email:
        return staff_notices.to_unit(catalogue, unit, [])
    people = recipients.of_city(conn, case.jurisdiction_id, core.catalogues.rights_of_role, core.now())
    members = people.of_unit(code, checks=case.stage is Stage.CHECK)
    return staff_notices.to_people(account for account in members if not _is_self(account.id, actor))


def _tell_people(
    core: Core,
    conn: Connection,
    case: Case,
    kind: NoticeKind,
    account_ids: Iterable[int],
    actor: Actor,
) -> None:
    others = [account_id for account_id in account_ids if not _is_self(account_id, actor)]
    if others:
        in_force = [account for account in accounts.by_ids(conn, others) if account.in_force(core.now())]
        _tell(core, conn, staff_notices.to_people(in_force), Notice(case.service_request_id, kind))


def _tell(core: Core, conn: Connection, to: Mapping[Recipient, Account | None], notice: Notice) -> None:
    # No sooner than the act can still be taken back.
    delay = max(GATHERED_FOR, timedelta(seconds=core.settings.mail_delay_seconds))
    staff_notices.tell(core, conn, to, [notice], at=core.now() + delay)


def _is_self(account_id: int, actor: Actor) -> bool:
    return actor.kind is ActorKind.STAFF and actor.id == str(account_id)
