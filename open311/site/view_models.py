"""View models of reports: names instead of codes, our own photos apart from links elsewhere."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from open311.formats import answer_words
from open311.http import current
from open311.model.catalogue import Attribute, Catalogue, DetailedStatus, Service
from open311.model.events.event_kinds import EventKind
from open311.model.media import PATH, SMALL
from open311.model.service_request import Note, ServiceRequest
from open311.site import addresses
from open311.site.words import catalogue_text, words

# For a status that the catalogue no longer has.
FORGOTTEN_SHAPE = "circle"
PLAIN = {"open": "page.status.open", "closed": "page.status.closed"}


@dataclass(frozen=True, slots=True)
class StatusShown:
    """A status: `code` chooses its colour in the city's style sheet."""

    code: str
    label: str
    description: str
    shape: str


@dataclass(frozen=True, slots=True)
class Photo:
    address: str
    small: str


@dataclass(frozen=True, slots=True)
class HistoryLine:
    """One line of the history: when, the status after it, and what was said and shown."""

    moment: datetime
    status: StatusShown | None
    title: str
    text: str
    photos: tuple[Photo, ...] = ()


@dataclass(frozen=True, slots=True)
class ShownReport:
    """A report as lists show it."""

    request: ServiceRequest
    service: str
    icon: str
    status: StatusShown
    photos: tuple[Photo, ...]
    links: tuple[str, ...]

    @property
    def number(self) -> int:
        return self.request.service_request_id


def shown_report(request: ServiceRequest, catalogue: Catalogue) -> ShownReport:
    """A report with names for its codes."""
    service = catalogue.services.get(request.service_code)
    own = _own(request.media_urls)
    return ShownReport(
        request=request,
        service=catalogue.service_name(request.service_code, current.language()),
        icon=service.icon if service else "marker",
        status=status(request.detailed_status, str(request.status), catalogue),
        photos=tuple(_photo(url) for url in own),
        links=tuple(url for url in request.media_urls if url not in own),
    )


def _own(media_urls: Sequence[str]) -> list[str]:
    # Pictures elsewhere become links: embedded, they would tell that server who reads the page.
    return [url for url in media_urls if url.startswith(f"{PATH}/")]


def _photo(path: str) -> Photo:
    root = addresses.root()
    return Photo(f"{root}{path}", f"{root}{SMALL}{path.removeprefix(PATH)}")


def status(code: str, plain: str, catalogue: Catalogue) -> StatusShown:
    """A status by its code; where the catalogue has forgotten it, plain open or closed."""
    status = catalogue.statuses.get(code)
    if status is None:
        return StatusShown("", words(PLAIN[plain]), "", FORGOTTEN_SHAPE)
    return _status(status)


def _status(known: DetailedStatus) -> StatusShown:
    return StatusShown(
        known.code, catalogue_text(known.label), catalogue_text(known.description), known.shape
    )


@dataclass(frozen=True, slots=True)
class StatusFamily:
    """Statuses that look alike on the map; `word` is what filters call them all."""

    word: str
    status: StatusShown
    codes: tuple[str, ...]


def families(catalogue: Catalogue) -> list[StatusFamily]:
    """The statuses as filters and the legend show them: one entry a CitySDK word, named after its first status."""
    by_status: dict[str, list[DetailedStatus]] = {}
    for status in catalogue.statuses.values():
        by_status.setdefault(status.detailed_status, []).append(status)
    return [
        StatusFamily(word, _status(alike[0]), tuple(status.code for status in alike))
        for word, alike in by_status.items()
    ]


def history(request: ServiceRequest, catalogue: Catalogue) -> list[HistoryLine]:
    """What happened, the last first; it always begins with the report."""
    notes = [note for note in request.notes if note.kind != EventKind.SUBMITTED]
    first = next((note for note in request.notes if note.kind == EventKind.SUBMITTED), None)
    state = _status_after(first, catalogue) if first else None
    initial = first and catalogue.statuses.get(first.detailed_status or "") == catalogue.initial_status
    began = HistoryLine(
        moment=request.requested_datetime,
        status=None if initial else state,
        title=words("page.history.created"),
        text=first.description if first else "",
    )
    lines = [
        HistoryLine(
            moment=note.datetime,
            status=_status_after(note, catalogue),
            title=words("page.history.changed"),
            text=note.description,
            photos=tuple(_photo(url) for url in _own(note.media_urls)),
        )
        for note in notes
    ]
    return [began, *lines][::-1]


def _status_after(note: Note, catalogue: Catalogue) -> StatusShown | None:
    status = catalogue.statuses.get(note.detailed_status or "")
    return _status(status) if status else None


def answers(request: ServiceRequest, catalogue: Catalogue) -> list[tuple[str, str]]:
    """The public answers to the questions of the service, in the order they are asked."""
    service = catalogue.services.get(request.service_code)
    return (
        answered([attribute for attribute in service.attributes if attribute.public], request.attributes)
        if service
        else []
    )


def answered(attributes: Iterable[Attribute], answers: Mapping[str, Sequence[str]]) -> list[tuple[str, str]]:
    return answer_words.answered(attributes, answers, current.language(), current.time_zone())


def every_answer(service: Service | None, answers: Mapping[str, Sequence[str]]) -> list[tuple[str, str]]:
    """All answers in words; those to questions that the catalogue has forgotten under their codes."""
    return answer_words.every_answer(service, answers, current.language(), current.time_zone())
