"""Who did something, for the history: colleagues of the own unit by name, others by their unit."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from open311.http import current
from open311.model.access.actor import ActorKind, Right
from open311.model.staff.rights import Membership, Staff
from open311.site import words
from open311.staff.blueprint import staff
from open311.staff.catalogue_names import role_name, unit_names
from open311.storage.staff_accounts import accounts, memberships

# `OPEN311_STAFF_NAMES`: everybody at the desk reads names.
BY_NAME = "name"
# Who acts without an account of the desk.
WITHOUT_ACCOUNT: Mapping[str, str] = {
    ActorKind.CLI: "desk.actor.cli",
    ActorKind.KEY: "desk.actor.key",
    ActorKind.WORKER: "desk.actor.worker",
    ActorKind.FORWARD: "desk.actor.forward",
    ActorKind.HARVEST: "desk.actor.harvest",
    ActorKind.IMPORT: "desk.actor.import",
    ActorKind.REPORTER: "desk.actor.reporter",
    ActorKind.CONTRACTOR: "desk.actor.contractor",
    ActorKind.PUBLIC: "desk.actor.public",
}


def of_actors(actors: Iterable[str]) -> Mapping[str, str]:
    """The words for actors as events record them, in two statements however many there are.

    An account that is gone is somebody of the staff; what is no account is told as what it is.
    """
    chosen = {actor: _account_id(actor) for actor in set(actors)}
    ids = [account_id for account_id in chosen.values() if account_id is not None]
    core = current.core()
    with core.database.read() as conn:
        names = accounts.names(conn, ids) if ids else {}
        roles = memberships.of_accounts(conn, list(names), core.catalogues.rights_of_role) if names else {}
    return {
        actor: _without_account(actor) if account_id is None else _name_for_reader(account_id, names, roles)
        for actor, account_id in chosen.items()
    }


def _without_account(actor: str) -> str:
    """Who acted without an account: a command, a key, the worker, somebody outside."""
    kind, _, name = actor.partition(":")
    # Older events hold words of their own, such as `demo`.
    return words.words(WITHOUT_ACCOUNT[kind], name=name) if kind in WITHOUT_ACCOUNT else actor


def nameable(people: Mapping[int, str], roles: Mapping[int, Sequence[Membership]]) -> dict[int, str]:
    """Those of these people whose names the reader may see: colleagues, and oneself."""
    own = staff()
    return {
        account_id: name
        for account_id, name in people.items()
        if _work_together(own, account_id, roles[account_id])
    }


def colleagues(right: Right) -> dict[int, str]:
    """The others whom somebody works with, by name, in the cities where they have this right."""
    core, own = current.core(), staff()
    roles: dict[int, list[Membership]] = {}
    cities = own.jurisdictions(right)
    if not cities:
        return {}
    with core.database.read() as conn:
        for city in cities:
            held_there = memberships.in_jurisdiction(conn, city, core.catalogues.rights_of_role, core.now())
            for account_id, held in held_there.items():
                roles.setdefault(account_id, []).extend(held)
        roles.pop(own.account_id, None)
        return nameable(accounts.names(conn, roles), roles)


def of_mentioned(words_of_log: Iterable[str]) -> Mapping[str, str]:
    """The names behind `staff:7` and `account:7` for whoever reads the log: it is there to say who did what."""
    numbers = {word: _number(word, (ActorKind.STAFF, "account")) for word in set(words_of_log)}
    ids = [number for number in numbers.values() if number is not None]
    with current.core().database.read() as conn:
        names = accounts.names(conn, ids) if ids else {}
    return {word: names[number] for word, number in numbers.items() if number and number in names}


def _name_for_reader(
    account_id: int, names: Mapping[int, str], roles: Mapping[int, Sequence[Membership]]
) -> str:
    """A name for colleagues, the unit for others, or what they do where they belong to none."""
    if account_id not in names:
        return words.words("desk.name.gone")
    own, theirs = staff(), roles[account_id]
    if _work_together(own, account_id, theirs) or Right.MANAGE_ACCOUNTS in own.rights:
        return names[account_id]
    return ", ".join(dict.fromkeys(map(_outwardly, theirs))) or words.words("desk.name.gone")


def _work_together(own: Staff, account_id: int, theirs: Iterable[Membership]) -> bool:
    """Whether this account is that of a colleague, or the own one."""
    # Names of staff are personal data, too: who does not work with somebody learns the unit only, unless the city and
    # its staff council have agreed otherwise.
    if current.core().settings.staff_names == BY_NAME:
        return True
    return account_id == own.account_id or not {*_groups(own.memberships)}.isdisjoint(_groups(theirs))


def _groups(roles: Iterable[Membership]) -> Iterator[tuple[str, str]]:
    """Whom somebody works with: people of the same unit, or with the same role where there is none."""
    for role in roles:
        for name in role.units or (role.role,):
            yield role.jurisdiction_id, name


def _outwardly(role: Membership) -> str:
    if role.units:
        return unit_names(role.units, role.jurisdiction_id)
    return role_name(role.role, role.jurisdiction_id)


def _account_id(actor: str) -> int | None:
    return _number(actor, (ActorKind.STAFF,))


def _number(word: str, kinds: Collection[str]) -> int | None:
    kind, _, number = word.partition(":")
    return (
        # `isdigit` alone is true of `²`, which `int` refuses; ten digits may be more than the column holds.
        int(number) if kind in kinds and number.isascii() and number.isdigit() and len(number) < 10 else None
    )
