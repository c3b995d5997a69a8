"""Rendered reports in memory: a list is put together from them, and only what changed is rendered anew."""

import threading
from array import array
from collections.abc import Callable, Hashable, Iterable, Sequence
from hashlib import sha1
from itertools import islice
from typing import NamedTuple
from zlib import crc32

# The version, the bytes, and a checksum of them.
Entry = tuple[int, bytes, int]
Entries = dict[int, Entry]

# What an entry costs beside its bytes: the tuple, the bytes object, two numbers, its place in the dictionary.
OVERHEAD = 300


class Pieces(NamedTuple):
    """Entries of a list, and a word that changes whenever one of them does; None when nobody has worked it out."""

    items: list[bytes]
    tag: str | None = None


class Fragments:
    """Pieces of answers by variant (format, language, …), id and version, bounded in bytes.

    An entry holds one version of a report; a newer one takes its place. When the bound is reached the oldest entries
    go. Reading takes no lock.
    """

    def __init__(self, most_bytes: int) -> None:
        self.most_bytes = most_bytes
        self.bytes = 0
        self._variants: dict[Hashable, Entries] = {}
        self._lock = threading.Lock()

    def get(
        self,
        variant: Hashable,
        wanted: Sequence[tuple[int, int]],
        render: Callable[[list[int]], Iterable[tuple[int, int, bytes]]],
    ) -> Pieces:
        """The pieces for these ids and versions, in order; `render` makes those that are not kept.

        `render` gets ids and yields id, version and bytes; an id it leaves out is left out of the answer.
        """
        kept = self._variants.get(variant, {})
        pieces = [kept.get(id) for id, _ in wanted]
        missing = [
            id
            for (id, version), piece in zip(wanted, pieces, strict=True)
            if piece is None or piece[0] != version
        ]
        if not missing:
            return _pieces(pieces)
        made = {id: (version, piece, crc32(piece)) for id, version, piece in render(missing)}
        self._keep(variant, made)
        stale = set(missing)
        return _pieces(
            [made.get(id) if id in stale else piece for (id, _), piece in zip(wanted, pieces, strict=True)]
        )

    def _keep(self, variant: Hashable, made: Entries) -> None:
        with self._lock:
            kept = self._variants.setdefault(variant, {})
            for id, entry in made.items():
                before = kept.pop(id, None)
                self.bytes += len(entry[1]) - (len(before[1]) if before else -OVERHEAD)
                kept[id] = entry
            if self.bytes > self.most_bytes:
                self._shrink()

    def _shrink(self) -> None:
        """Drop the older half of each variant: rare, and far cheaper than keeping an order of use."""
        for variant, kept in list(self._variants.items()):
            newer = dict(islice(kept.items(), len(kept) // 2 + 1, None))
            self._variants[variant] = newer
        self._variants = {variant: kept for variant, kept in self._variants.items() if kept}
        self.bytes = sum(
            len(piece) + OVERHEAD for kept in self._variants.values() for _, piece, _ in kept.values()
        )


def _pieces(entries: Sequence[Entry | None]) -> Pieces:
    there = [entry for entry in entries if entry]
    sums = array("L", [entry[2] for entry in there])
    return Pieces([entry[1] for entry in there], sha1(sums.tobytes(), usedforsecurity=False).hexdigest())
