"""Text search: stems in the language of the index, parts of words, and numbers that words may mean."""

from collections.abc import Callable, Collection, Sequence
from typing import Any

from sqlalchemy import ARRAY, BigInteger, Text, and_, any_, bindparam, cast, func, literal_column, or_, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import UserDefinedType

from open311.base.text import fold
from open311.storage.search.keyset import Condition
from open311.storage.search.strategies import SHORTEST_TRIGRAM
from open311.storage.tables import foreign_references, service_requests

_r, _f = service_requests.c, foreign_references.c

# Up to here hits are sorted; beyond it so many rows match that walking the order soon meets them.
FEW_HITS = 10_000


class _NameType(UserDefinedType[str]):
    """A name that PostgreSQL looks up when it reads the statement, so that it is a constant for the planner."""

    cache_ok = True

    def __init__(self, kind: str) -> None:
        self.kind = kind

    def get_col_spec(self, **_: Any) -> str:
        """As a cast names the type."""
        return self.kind


_CONFIGURATION: Any = bindparam("text_search", type_=_NameType("regconfig"))
_STEMMER: Any = bindparam("stemmer", type_=_NameType("regdictionary"))


def word_parameters(words: Sequence[str], text_search: str) -> dict[str, str]:
    """Each word as it is and, if it is long enough for trigrams, as a part of one; a shorter one as a beginning."""
    long = {position: word for position, word in enumerate(words) if len(word) >= SHORTEST_TRIGRAM}
    terms = {
        f"word_{position}": word if position in long else f"{word}:*" for position, word in enumerate(words)
    }
    # `%` is no letter of a word, but `_` is, and would stand for any other.
    parts = {f"part_{position}": f"%{fold(word)}%".replace("_", r"\_") for position, word in long.items()}
    language = {
        "text_search": f"pg_catalog.{text_search}",
        "stemmer": f"pg_catalog.{text_search}" + ("_stem" if text_search != "simple" else ""),
    }
    return {"words": " & ".join(terms.values())} | terms | parts | language


def by_words(params: Collection[str], visible: Condition, name: str, *, in_blocks: bool) -> list[Condition]:
    """The ways in which a row can match what was typed; each is a branch of its own, with an index of its own.

    The planner cannot tell rare words from common ones, and the wrong plan for either takes seconds. So where they are
    not looked up `in_blocks`, the first hits are looked up in the index of words: if these are all, they are put in
    order; if there are more, they are dense enough to be met while walking in order.
    """
    jurisdiction = _r.jurisdiction_id == bindparam("jurisdiction_id", type_=Text)
    words = _every_word(params)
    instead = [condition() for key, condition in INSTEAD_OF_WORDS.items() if key in params]
    if in_blocks:
        return [words, *instead]
    few: Any = literal_column(str(FEW_HITS))
    hits = select(_r.id).where(jurisdiction, visible, words).limit(few + literal_column("1"))
    first = hits.cte(f"first_hits_{name}").prefix_with("MATERIALIZED")
    count = select(func.count()).select_from(first).scalar_subquery()
    return [and_(_r.id.in_(select(first.c.id)), count <= few), and_(words, count > few), *instead]


def with_words(params: Collection[str]) -> Condition:
    """A row that matches what was typed in any of the ways."""
    instead = [condition() for name, condition in INSTEAD_OF_WORDS.items() if name in params]
    return or_(_every_word(params), *instead)


def referenced(*conditions: Condition) -> Any:
    """The ids of requests by what they are called elsewhere."""
    jurisdiction = _f.jurisdiction_id == bindparam("jurisdiction_id", type_=Text)
    is_present = _f.service_request_id.is_not(None)
    return select(_f.service_request_id).where(jurisdiction, *conditions, is_present)


def _every_word(params: Collection[str]) -> Condition:
    """Every word, each in its own way; beside others, stop words such as `der` do not count."""
    conditions: list[Condition] = []
    for position in range(sum(name.startswith("word_") for name in params)):
        terms, part = _tsquery(f"word_{position}"), bindparam(f"part_{position}", type_=Text)
        ways: list[Condition] = [_r.words.op("@@", is_comparison=True)(terms)]
        if f"part_{position}" in params:
            ways += [_r.folded.like(part), *_begins_with_stem(f"word_{position}")]
        # Constant for the planner, which then leaves out the word, or this line.
        ways.append(and_(func.numnode(terms) == 0, func.numnode(_tsquery("words")) > 0))
        conditions.append(or_(*ways))
    return and_(*conditions)


def _tsquery(name: str) -> Any:
    terms: Any = bindparam(name, type_=Text)
    folded = func.public.open311_fold(terms)
    return func.to_tsquery(_CONFIGURATION, terms).op("||")(func.to_tsquery(_CONFIGURATION, folded))


def _begins_with_stem(name: str) -> list[Condition]:
    """Words that begin with the stem of one: `Bäume` finds `Baumstamm`.

    By trigrams, since an index of words reads all that begin so, and for a common one these are half of it.
    """
    word: Any = bindparam(name, type_=Text)
    spellings = (word, func.public.open311_fold(word))
    plain, folded = (func.public.open311_stem_by(_STEMMER, spelling) for spelling in spellings)
    # Null where the word is its own stem; then the planner leaves the line out.
    stems = (plain, func.nullif(folded, plain))
    return [
        and_(
            _r.folded.like(literal_column("'%'").op("||")(stem).op("||")(literal_column("'%'"))),
            func.regexp_match(_r.folded, literal_column(r"'\m'").op("||")(stem)).is_not(None),
        )
        for stem in stems
    ]


def _numbered() -> Condition:
    """Reports that name a thing by its number, as a public answer.

    Put together first: the planner takes each answer for one that a thousandth of all have, and would walk the list.
    """
    numbers: Any = cast(bindparam("numbers", type_=ARRAY(Text)), ARRAY(JSONB))
    jurisdiction = _r.jurisdiction_id == bindparam("jurisdiction_id", type_=Text)
    ids = select(_r.id).where(
        jurisdiction,
        _r.visibility == literal_column("'published'"),
        _r.attributes != literal_column("'{}'::jsonb"),
        _r.attributes.op("@>", is_comparison=True)(any_(numbers)),
    )
    few: Any = literal_column(str(FEW_HITS))
    return _r.id == any_(func.array(ids.limit(few).correlate(None).scalar_subquery()))


# A row matches by its words, but also by the name of its service, its own number, that of a thing, or its id elsewhere.
INSTEAD_OF_WORDS: dict[str, Callable[[], Condition]] = {
    "named": lambda: _r.service_code == any_(bindparam("named", type_=ARRAY(Text))),
    "numbers": _numbered,
    "number": lambda: _r.id == bindparam("number", type_=BigInteger),
    "reference": lambda: _r.id.in_(referenced(_f.foreign_id == bindparam("reference", type_=Text))),
}
