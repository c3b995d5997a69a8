"""A cache of rendered reports: lists are joined from these fragments, and only what changed is rendered again.

Lists are kept, too, under the ids and versions they are made of. So whatever else changes, a list that is asked for
again costs no more than to see that it is still the same.
"""

import threading
from array import array
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from hashlib import sha1
from typing import NamedTuple

from open311 import __version__
from open311.base.bounded import Bounded
from open311.model.search import Hit, Hits

# Id, version, and bytes.
Entry = tuple[int, int, bytes]
Entries = dict[int, Entry]

# The overhead of an entry: the tuple, the bytes object, two numbers, its slot in the dictionary.
OVERHEAD = 300


Render = Callable[[list[int]], Iterable[Entry]]
Join = Callable[[Sequence[bytes]], bytes]


class WrittenList(NamedTuple):
    """A whole list, and a word that changes whenever one of its entries does; None when nobody has worked it out."""

    body: bytes
    tag: str | None = None

    @property
    def bytes(self) -> int:
        """What it takes in memory, about."""
        return len(self.body) + OVERHEAD


@dataclass(slots=True)
class _Generation:
    """Entries that were rendered about the same time, by variant."""

    variants: dict[Hashable, Entries] = field(default_factory=dict)
    bytes: int = 0


class Fragments:
    """Pieces of answers by variant (format, language, …), id and version, and lists of them, bounded in bytes.

    An entry holds one version of a report; a newer one takes its place. There are two generations of entries: when
    the younger one takes half of what may be taken, the older one goes as a whole. Reading takes no lock.
    """

    def __init__(self, most_bytes: int, most_bytes_of_lists: int) -> None:
        self._most_bytes_each = most_bytes // 2
        self._younger, self._older = _Generation(), _Generation()
        self.lists = Bounded[Hashable, WrittenList](most_bytes_of_lists, lambda written: written.bytes)
        self._lock = threading.Lock()

    @property
    def bytes(self) -> int:
        """What the entries take, at most."""
        return self._younger.bytes + self._older.bytes

    def written(self, variant: Hashable | None, hits: Hits, render: Render, join: Join) -> WrittenList:
        """The list of these ids and versions, in order; `render` makes the pieces that are not kept: all of them
        without a `variant`.

        `render` gets ids and yields id, version and bytes; an id it leaves out is left out of the list.
        """
        if variant is None:
            made = {id: piece for id, _, piece in render([id for id, _ in hits])}
            return WrittenList(join([made[id] for id, _ in hits if id in made]))
        contents = (variant, hits.packed)
        known = self.lists.get(contents)
        if known:
            return known
        entries = self._entries(variant, list(hits), render)
        ids, versions, pieces = zip(*entries, strict=True) if entries else ((), (), ())
        # What makes the bytes of an entry different, in this process or another: a release may write other ones.
        made_of = repr((__version__, variant)).encode() + array("q", ids + versions).tobytes()
        written = WrittenList(join(pieces), sha1(made_of, usedforsecurity=False).hexdigest())
        if len(entries) == len(hits):
            self.lists.keep(contents, written)
        return written

    def _entries(self, variant: Hashable, hits: list[Hit], render: Render) -> list[Entry]:
        younger, older = (kept.variants.get(variant, {}) for kept in (self._younger, self._older))
        current = {
            id: entry
            for id, version in hits
            if (entry := younger.get(id) or older.get(id)) and entry[1] == version
        }
        missing = [id for id, _ in hits if id not in current]
        if missing:
            made = {entry[0]: entry for entry in render(missing)}
            self._keep(variant, made)
            current |= made
        return [current[id] for id, _ in hits if id in current]

    def _keep(self, variant: Hashable, made: Entries) -> None:
        size = OVERHEAD * len(made) + sum([len(piece) for _, _, piece in made.values()])
        with self._lock:
            if self._younger.bytes + size > self._most_bytes_each:
                self._older, self._younger = self._younger, _Generation()
            if size <= self._most_bytes_each:
                self._younger.variants.setdefault(variant, {}).update(made)
                self._younger.bytes += size
