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

    def begin(self, variant: Hashable | None, hits: Hits) -> "ListInProgress":
        """Begin the list of these ids and versions, in order, with what is kept of it: nothing without a `variant`."""
        contents = (variant, hits.packed)
        if whole := self.lists.get(contents):
            return ListInProgress(self, contents, (), {}, whole)
        listed = list(hits)
        return ListInProgress(self, contents, listed, {} if variant is None else self._known(variant, listed))

    def keep(self, variant: Hashable, made: Entries) -> None:
        """Keep what was rendered just now."""
        size = OVERHEAD * len(made) + sum([len(piece) for _, _, piece in made.values()])
        with self._lock:
            if self._younger.bytes + size > self._most_bytes_each:
                self._older, self._younger = self._younger, _Generation()
            if size <= self._most_bytes_each:
                self._younger.variants.setdefault(variant, {}).update(made)
                self._younger.bytes += size

    def _known(self, variant: Hashable, hits: list[Hit]) -> Entries:
        younger, older = (kept.variants.get(variant, {}) for kept in (self._younger, self._older))
        return {
            id: entry
            for id, version in hits
            if (entry := younger.get(id) or older.get(id)) and entry[1] == version
        }


class ListInProgress:
    """A list that is being put together: its caller renders what is `missing` and adds it, then takes the whole."""

    __slots__ = ("_contents", "_entries", "_fragments", "_hits", "_whole", "missing")

    def __init__(
        self,
        fragments: Fragments,
        contents: tuple[Hashable | None, bytes],
        hits: Sequence[Hit],
        entries: Entries,
        whole: WrittenList | None = None,
    ) -> None:
        self._fragments, self._contents, self._hits = fragments, contents, hits
        self._entries, self._whole = entries, whole
        # The ids of which nothing is kept in this version.
        self.missing = [id for id, _ in hits if id not in entries]

    def add(self, made: Iterable[Entry]) -> None:
        """Add entries, in any order; an id that is left out is left out of the list."""
        by_id = {entry[0]: entry for entry in made}
        variant, _ = self._contents
        if variant is not None:
            self._fragments.keep(variant, by_id)
        self._entries |= by_id

    def whole(self, join: Join) -> WrittenList:
        """The list, kept if nothing was left out of it."""
        if self._whole:
            return self._whole
        entries = [self._entries[id] for id, _ in self._hits if id in self._entries]
        ids, versions, pieces = zip(*entries, strict=True) if entries else ((), (), ())
        variant, _ = self._contents
        if variant is None:
            return WrittenList(join(pieces))
        # What makes the bytes of an entry different, in this process or another: a release may write other ones.
        made_of = repr((__version__, variant)).encode() + array("q", ids + versions).tobytes()
        written = WrittenList(join(pieces), sha1(made_of, usedforsecurity=False).hexdigest())
        if len(entries) == len(self._hits):
            self._fragments.lists.keep(self._contents, written)
        return written
