"""Rendered reports in memory: a list is put together from them, and only what changed is rendered anew.

Lists are kept, too, under the ids and versions they are made of. So whatever else changes, a list that is asked for
again costs no more than to see that it is still the same.
"""

import threading
from array import array
from collections.abc import Callable, Hashable, Iterable, Sequence
from hashlib import sha1
from itertools import islice
from typing import NamedTuple
from zlib import crc32

from open311.base.bounded import Bounded
from open311.model.search import Hits

# The version, the bytes, and a checksum of them.
Entry = tuple[int, bytes, int]
Entries = dict[int, Entry]

# What an entry costs beside its bytes: the tuple, the bytes object, two numbers, its place in the dictionary.
OVERHEAD = 300


Render = Callable[[list[int]], Iterable[tuple[int, int, bytes]]]
Join = Callable[[Sequence[bytes]], bytes]


class WrittenList(NamedTuple):
    """A whole list, and a word that changes whenever one of its entries does; None when nobody has worked it out."""

    body: bytes
    tag: str | None = None

    @property
    def bytes(self) -> int:
        """What it takes in memory, about."""
        return len(self.body) + OVERHEAD


class Fragments:
    """Pieces of answers by variant (format, language, …), id and version, and lists of them, bounded in bytes.

    An entry holds one version of a report; a newer one takes its place. When the bound is reached the oldest entries
    go. Reading takes no lock.
    """

    def __init__(self, most_bytes: int, most_bytes_of_lists: int) -> None:
        self.most_bytes = most_bytes
        self.bytes = 0
        self.lists = Bounded[Hashable, WrittenList](most_bytes_of_lists, lambda written: written.bytes)
        self._variants: dict[Hashable, Entries] = {}
        self._lock = threading.Lock()

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
        entries = self._entries(variant, hits, render)
        sums = array("L", [checksum for _, _, checksum in entries])
        tag = sha1(sums.tobytes(), usedforsecurity=False).hexdigest()
        written = WrittenList(join([piece for _, piece, _ in entries]), tag)
        if len(entries) == len(hits):
            self.lists.keep(contents, written)
        return written

    def _entries(self, variant: Hashable, hits: Hits, render: Render) -> list[Entry]:
        kept = self._variants.get(variant, {})
        current = {id: entry for id, version in hits if (entry := kept.get(id)) and entry[0] == version}
        missing = [id for id, _ in hits if id not in current]
        if missing:
            made = {id: (version, piece, crc32(piece)) for id, version, piece in render(missing)}
            self._keep(variant, made)
            current |= made
        return [current[id] for id, _ in hits if id in current]

    def _keep(self, variant: Hashable, made: Entries) -> None:
        with self._lock:
            kept = self._variants.setdefault(variant, {})
            # Taken out first, since what is put in anew is the newest.
            before = {id: kept.pop(id) for id in made.keys() & kept.keys()}
            kept |= made
            self.bytes += _bytes(made) - _bytes(before)
            if self.bytes > self.most_bytes:
                self._shrink()

    def _shrink(self) -> None:
        """Drop the older half of each variant: rare, and far cheaper than keeping an order of use."""
        for variant, kept in list(self._variants.items()):
            newer = dict(islice(kept.items(), len(kept) // 2 + 1, None))
            self._variants[variant] = newer
        self._variants = {variant: kept for variant, kept in self._variants.items() if kept}
        self.bytes = sum(map(_bytes, self._variants.values()))


def _bytes(entries: Entries) -> int:
    return OVERHEAD * len(entries) + sum([len(piece) for _, piece, _ in entries.values()])
