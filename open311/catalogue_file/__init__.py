"""The only door for a catalogue: a YAML file, its schema, checks across entries, frozen values.

A file goes into force as a whole or not at all: `load` raises `CatalogueError` with every problem it found.
"""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from open311.catalogue_file import areas, checks, geojson_files, schema
from open311.catalogue_file.build import build
from open311.catalogue_file.contents import contents, desk_digest, digest
from open311.catalogue_file.difference import differences
from open311.catalogue_file.document import CatalogueError, CatalogueProblem, Document, read
from open311.catalogue_file.schema import jurisdiction_problems
from open311.catalogue_file.warnings import CatalogueWarning, warnings
from open311.catalogue_file.watch import CatalogueWatch, files
from open311.model.catalogue import Catalogue

__all__ = [
    "CatalogueError",
    "CatalogueProblem",
    "CatalogueWarning",
    "CatalogueWatch",
    "contents",
    "desk_digest",
    "differences",
    "digest",
    "from_document",
    "jurisdiction_problems",
    "load",
    "load_all",
    "warnings",
]


def load(path: Path) -> Catalogue:
    """The catalogue in one file; raises `CatalogueError` with all problems when there is any."""
    document = _checked(path)
    if document.reported:
        raise CatalogueError(*document.problems)
    return _built(document)


def load_all(path: Path) -> tuple[Catalogue, ...]:
    """The catalogues in a file or in the `*.yaml` files of a folder: one jurisdiction each, all or none."""
    if not files(path):
        raise CatalogueError(CatalogueProblem(path, 0, "", "holds no *.yaml file"))
    documents = [_checked(file) for file in files(path)]
    _check_names(documents)
    problems = [problem for document in documents for problem in document.problems]
    if problems:
        raise CatalogueError(*problems)
    return tuple(_built(document) for document in documents)


def from_document(data: dict[str, Any], harvested_from: str) -> Catalogue:
    """The catalogue in a document that was made from what another server says; nobody wrote it, nobody checks it."""
    catalogue = build(data)
    jurisdiction = replace(catalogue.jurisdiction, harvested_from=harvested_from)
    catalogue = replace(catalogue, jurisdiction=jurisdiction)
    return _with_digests(catalogue)


def _built(document: Document) -> Catalogue:
    return _with_digests(build(document.data, document.areas))


def _with_digests(catalogue: Catalogue) -> Catalogue:
    return replace(catalogue, digest=digest(catalogue), desk_digest=desk_digest(catalogue))


def _checked(path: Path) -> Document:
    document = read(path)
    # A file that could not be read at all has that one problem, and no others that follow from it.
    if document.data is not None:
        schema.check(document)
        geojson_files.take_boundary(document)
        document.areas = areas.read(document)
        checks.check(document)
        _check_files(document)
    return document


def _check_files(document: Document) -> None:
    """Report a logo or a map that does not lie beside its catalogue."""
    site = document.root["site"]
    for name in (site["logo"], site["map"]):
        # What lies elsewhere is not asked for: a server that is down must not keep a catalogue from being read.
        if name.word and "://" not in name.word and not _is_file(document.file.parent / name.word):
            document.report(name.steps, f"there is no file {name.word!r} beside the catalogue")


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # Too long for a name, or behind a folder that cannot be read.
        return False


def _check_names(documents: Iterable[Document]) -> None:
    """Report ids and aliases that a file shares with an earlier one."""
    taken: dict[str, Path] = {}
    for document in documents:
        jurisdiction = document.root["jurisdiction"]
        names = [jurisdiction["jurisdiction_id"], *jurisdiction["aliases"]]
        for name in names:
            # Clients write ids in whatever letter case they like.
            if taken.get(name.word.casefold(), document.file) != document.file:
                document.report(name.steps, f"{name.word!r} also names {taken[name.word.casefold()].name}")
        taken.update({name.word.casefold(): document.file for name in names if name.word})
