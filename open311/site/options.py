"""What fields to choose from offer: values, each with its words in the reader's language."""

from collections.abc import Iterable, Sequence

from open311.http import current
from open311.model.catalogue import Catalogue, DetailedStatus, Service
from open311.model.desk.desk_catalogue import Reason
from open311.model.desk.priority import Priority
from open311.site.words import catalogue_text, words

Options = list[tuple[str, str]]


def named(family: str, values: Iterable[str]) -> Options:
    """Values whose words are the messages of a family, such as `desk.stage.`."""
    return [(str(value), words(f"{family}{value}")) for value in values]


def labelled(entries: Iterable[DetailedStatus | Reason]) -> Options:
    return [(entry.code, catalogue_text(entry.label)) for entry in entries]


def services(groups: Iterable[tuple[str, Sequence[Service]]]) -> Options:
    """The services of all groups, without their headings."""
    return [
        (service.service_code, catalogue_text(service.service_name))
        for _, of_group in groups
        for service in of_group
    ]


def cities(catalogues: Iterable[Catalogue]) -> Options:
    jurisdictions = (catalogue.jurisdiction for catalogue in catalogues)
    return [(city.jurisdiction_id, catalogue_text(city.name)) for city in jurisdictions]


def units(catalogue: Catalogue, codes: Iterable[str] | None = None) -> Options:
    """Units by what staff call them: all, or those with these codes."""
    language = current.language()
    return [
        (code, catalogue.unit_name(code, language)) for code in (catalogue.units if codes is None else codes)
    ]


def areas(catalogue: Catalogue) -> Options:
    of_city, language = catalogue.desk.areas, current.language()
    return [(code, of_city.name(code, language)) for code in of_city.by_code]


def priorities(values: Iterable[Priority]) -> Options:
    return [(str(int(priority)), words(f"desk.priority.{priority.word}")) for priority in values]
