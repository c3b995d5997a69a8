"""Keyboard shortcuts of the desk, for staff who have switched them on; the pages say where, as `data-key`."""

from typing import NamedTuple


class Shortcut(NamedTuple):
    """Keys to press, one after the other where there are two, and the words for what they do; `1` is any digit."""

    keys: str
    words: str


SHORTCUTS = (
    Shortcut("j", "desk.key.next"),
    Shortcut("k", "desk.key.previous"),
    Shortcut("x", "desk.key.tick"),
    Shortcut("X", "desk.key.tick_to_here"),
    Shortcut("/", "desk.key.search"),
    Shortcut("g h", "desk.key.home"),
    Shortcut("g c", "desk.key.check"),
    Shortcut("g r", "desk.key.reports"),
    Shortcut("g m", "desk.key.mine"),
    Shortcut("g n", "desk.key.take_in"),
    Shortcut("p", "desk.key.publish"),
    Shortcut("w", "desk.key.withhold"),
    Shortcut("d", "desk.key.duplicate"),
    Shortcut("1", "desk.key.parent"),
    Shortcut("n", "desk.key.reject"),
    Shortcut("n", "desk.key.next_call"),
    Shortcut("q", "desk.key.ask"),
    Shortcut("u", "desk.key.unit"),
    Shortcut("a", "desk.key.person"),
    Shortcut("y", "desk.key.accept"),
    Shortcut("l", "desk.key.later"),
    Shortcut("s", "desk.key.status"),
    Shortcut("t", "desk.key.message"),
    Shortcut("i", "desk.key.note"),
    Shortcut("f", "desk.key.suggested"),
    Shortcut("b", "desk.key.box"),
    Shortcut("r", "desk.key.figures"),
    Shortcut("z", "desk.key.take_back"),
    Shortcut("?", "desk.key.help"),
)
# Where the menu leads.
OF_MENU = {"home": "g h", "check_queue": "g c", "reports": "g r", "take_in": "g n"}
