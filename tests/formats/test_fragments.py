"""Lists are put together from what is in memory, and kept as long as they hold the same."""

from collections.abc import Iterable

from open311.formats.fragments import Fragments, WrittenList
from open311.model.search import HIT, Hits

MANY = 1_000_000


class Renderer:
    """Writes a request as its number and how often it was asked for any; `gone` are no longer to be seen."""

    def __init__(self) -> None:
        self.asked: list[list[int]] = []
        self.gone: set[int] = set()

    def __call__(self, ids: list[int]) -> Iterable[tuple[int, int, bytes]]:
        self.asked.append(ids)
        return [
            (id, len(self.asked), b"%d of time %d" % (id, len(self.asked)))
            for id in ids
            if id not in self.gone
        ]


def hits_of(*hits: tuple[int, int]) -> Hits:
    return Hits(b"".join(HIT.pack(id, version) for id, version in hits))


def written(fragments: Fragments, hits: Hits, render: Renderer, variant: str | None = "json") -> WrittenList:
    listed = fragments.begin(variant, hits)
    if listed.missing:
        listed.add(render(listed.missing))
    return listed.whole(b", ".join)


def body_of(fragments: Fragments, hits: Hits, render: Renderer, variant: str | None = "json") -> bytes:
    return written(fragments, hits, render, variant).body


def test_only_what_has_changed_is_written_anew_and_a_list_that_has_not_is_the_same_object() -> None:
    fragments, render = Fragments(MANY, MANY), Renderer()
    first = body_of(fragments, hits_of((1, 1), (2, 1)), render)
    assert first == b"1 of time 1, 2 of time 1"
    assert body_of(fragments, hits_of((1, 1), (2, 1)), render) is first
    assert body_of(fragments, hits_of((2, 2), (1, 1)), render) == b"2 of time 2, 1 of time 1"
    assert body_of(fragments, hits_of((1, 1), (2, 1)), render, "xml") == b"1 of time 3, 2 of time 3"
    assert render.asked == [[1, 2], [2], [1, 2]]


def test_a_list_from_which_one_has_gone_meanwhile_is_not_kept() -> None:
    fragments, render = Fragments(MANY, MANY), Renderer()
    render.gone = {2}
    assert body_of(fragments, hits_of((1, 1), (2, 1)), render) == b"1 of time 1"
    render.gone = set()
    assert body_of(fragments, hits_of((1, 1), (2, 1)), render) == b"1 of time 1, 2 of time 2"


def test_of_a_list_without_a_variant_nothing_is_kept() -> None:
    fragments, render = Fragments(MANY, MANY), Renderer()
    assert written(fragments, hits_of((2, 1), (1, 1)), render, None) == (b"2 of time 1, 1 of time 1", None)
    assert body_of(fragments, hits_of((2, 1), (1, 1)), render, None) == b"2 of time 2, 1 of time 2"
    assert body_of(fragments, hits_of((1, 1)), render) == b"1 of time 3"


def test_the_tag_of_a_list_follows_its_entries_and_its_variant_and_is_the_same_elsewhere() -> None:
    fragments, render = Fragments(MANY, MANY), Renderer()
    tags = [
        written(fragments, hits, render).tag
        for hits in (hits_of((1, 1)), hits_of((1, 1), (2, 2)), hits_of((2, 2), (1, 1)), hits_of((1, 3)))
    ]
    elsewhere = [
        written(Fragments(MANY, MANY), hits_of((1, 1)), Renderer(), variant).tag
        for variant in ("json", "xml")
    ]
    assert len({*tags, elsewhere[1]}) == 5
    assert elsewhere[0] == tags[0]


def test_when_the_older_half_goes_what_was_written_after_it_stays() -> None:
    # Room for twelve entries in all, and for no list.
    fragments, render = Fragments(4000, 0), Renderer()
    for number in range(1, 14):
        body_of(fragments, hits_of((number, number)), render)
    assert body_of(fragments, hits_of((8, 8), (13, 13)), render) == b"8 of time 8, 13 of time 13"
    assert body_of(fragments, hits_of((1, 1)), render) == b"1 of time 14"


def test_lists_and_entries_take_no_more_than_their_bytes() -> None:
    fragments, render = Fragments(5000, 2000), Renderer()
    for number in range(100):
        body_of(fragments, hits_of((number, 1)), render)
        assert fragments.bytes <= 5000
        assert fragments.lists.taken <= 2000
    newest = hits_of((99, 1))
    assert body_of(fragments, newest, render) is body_of(fragments, newest, render)
