"""The long texts of a city: its own from the catalogue, or good beginnings to fill in."""

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from markupsafe import Markup

from open311.base.i18n import FALLBACK
from open311.http import current
from open311.model.catalogue import Catalogue
from open311.notifications.privacy.personal_data import PERSONAL, term_in_words
from open311.site.list import maps
from open311.site.words import catalogue_text, words

if TYPE_CHECKING:
    from markdown_it import MarkdownIt

FOLDER = Path(__file__).parent.parent / "templates" / "texts"


def long_text(name: str, catalogue: Catalogue) -> Markup:
    """The imprint, the privacy notice or the accessibility statement, as HTML."""
    own = getattr(catalogue.site, name)
    text = catalogue_text(own) if own else _filled(name, catalogue)
    # In Leichte Sprache each sentence has a line of its own.
    return Markup(_markdown(breaks=name == "easy").render(text))


@cache
def _markdown(*, breaks: bool) -> "MarkdownIt":
    # Few pages need it, and a start would wait for it.
    from markdown_it import MarkdownIt

    # No raw HTML, and no pictures, since they could come from elsewhere.
    return MarkdownIt("commonmark", {"html": False, "breaks": breaks}).disable("image")


def _filled(name: str, catalogue: Catalogue) -> str:
    jurisdiction = catalogue.jurisdiction
    return _beginning(name, current.language()).format_map(
        {
            "city": catalogue_text(jurisdiction.name),
            "contact": catalogue_text(jurisdiction.contact),
            "emergency": catalogue_text(jurisdiction.emergency_notice),
            "address": current.base_url(),
            "kept": _retention_list(catalogue),
            "others": _others(catalogue),
        }
    )


def _others(catalogue: Catalogue) -> str:
    """Whose servers browsers ask besides ours."""
    origin = maps.origin_of_streets(catalogue)
    return (
        words("privacy.map.elsewhere", server=origin.partition("://")[2])
        if origin
        else words("privacy.map.own")
    )


def _retention_list(catalogue: Catalogue) -> str:
    """What is kept of people, why, and for how long, as a list in Markdown."""
    language, settings = current.language(), current.core().settings
    lines = [
        f"- **{words(kind.what)}** {words(kind.why)} {term_in_words(kind.term, language, settings)}"
        for kind in PERSONAL
    ]
    own = [
        words(
            "privacy.term.service", service=catalogue_text(service.service_name), days=service.retention_days
        )
        for service in catalogue.active_services()
        if service.retention_days
    ]
    return "\n".join([*lines, *(f"- {term}" for term in own)])


@cache
def _beginning(name: str, language: str) -> str:
    file = FOLDER / language / f"{name}.md"
    if not file.is_file():
        file = FOLDER / FALLBACK / f"{name}.md"
    return file.read_text(encoding="utf-8")
