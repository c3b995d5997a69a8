"""The menu of the desk: one entry a page, shown to staff who may open it."""

from collections.abc import Set as AbstractSet
from typing import NamedTuple

from open311.model.access.actor import Right


class Entry(NamedTuple):
    """A page by the name of its view, its words, and the rights of which one opens it; none is for all.

    What is opened each day stands before the rest.
    """

    view: str
    words: str
    rights: frozenset[Right] = frozenset()
    daily: bool = False


ENTRIES = (
    Entry("home", "desk.menu.home", daily=True),
    Entry("check_queue", "desk.menu.check", frozenset({Right.CHECK}), daily=True),
    Entry("take_in", "desk.menu.take_in", frozenset({Right.INTAKE}), daily=True),
    Entry("inbox", "desk.menu.inbox", frozenset({Right.CHECK}), daily=True),
    Entry("reports", "desk.menu.reports", frozenset({Right.SEE_REPORTS}), daily=True),
    Entry("field", "desk.menu.field", frozenset({Right.FIELD}), daily=True),
    Entry("people", "desk.menu.people", frozenset({Right.SEE_REPORTER})),
    Entry("templates_list", "desk.menu.templates", frozenset({Right.TEMPLATES})),
    Entry("outside_list", "desk.menu.outside", frozenset({Right.ORDER, Right.CHECK})),
    Entry("routing", "desk.menu.routing", frozenset({Right.ASSIGN_UNIT, Right.ACCEPT})),
    Entry("figures", "desk.menu.figures", frozenset({Right.FIGURES})),
    Entry("satisfaction", "desk.menu.satisfaction", frozenset({Right.FIGURES})),
    Entry("senders", "desk.menu.senders", frozenset({Right.BLOCK_SENDER})),
    Entry("accounts_list", "desk.menu.accounts", frozenset({Right.MANAGE_ACCOUNTS, Right.MANAGE_MEMBERS})),
    Entry("units_list", "desk.menu.units", frozenset({Right.MANAGE_ACCOUNTS, Right.MANAGE_MEMBERS})),
    Entry("desk_state", "desk.menu.state", frozenset({Right.MANAGE_ACCOUNTS})),
    Entry("privacy", "desk.menu.privacy", frozenset({Right.EXPORT_PERSONAL, Right.ERASE})),
    Entry("log", "desk.menu.log", frozenset({Right.READ_AUDIT})),
)


def entries(rights: AbstractSet[Right]) -> tuple[Entry, ...]:
    return tuple(entry for entry in ENTRIES if not entry.rights or entry.rights & rights)
