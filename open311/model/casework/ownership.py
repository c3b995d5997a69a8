"""Whose a report is: what another system owns of it is changed there, not here."""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlsplit

from open311.model.access.actor import Actor, ActorKind
from open311.model.casework.cases import Flag
from open311.model.catalogue import Catalogue


class Part(StrEnum):
    """What can be changed of a report, and belongs to one system."""

    TEXTS = "texts"
    PLACE = "place"
    SERVICE = "service"
    STATUS = "status"


# Of a report that was handed on, the words stay ours: we are the ones who show them, and have to take out of them what
# is personal. The other system works on what it was sent.
OF_FORWARDED = frozenset({Part.PLACE, Part.SERVICE, Part.STATUS})
# These speak for the system that owns it, or follow it.
SPEAK_FOR_IT = (ActorKind.FORWARD, ActorKind.HARVEST, ActorKind.IMPORT, ActorKind.WORKER)


@dataclass(frozen=True, slots=True)
class Owner:
    """Another system that owns parts of a report; `is_told` by pushes, so anybody with a key speaks for it."""

    host: str
    parts: frozenset[Part]
    is_told: bool = False

    def forbids(self, part: Part, actor: Actor) -> bool:
        """Whether somebody here may not change this."""
        speaks = actor.kind in SPEAK_FOR_IT or (self.is_told and actor.kind is ActorKind.KEY)
        return part in self.parts and not speaks


def owner_of(catalogue: Catalogue, service_code: str, flags: Collection[str]) -> Owner | None:
    """Who owns parts of a report: the source of a harvest, or the server that it was handed on to."""
    source = catalogue.jurisdiction.harvested_from
    if source:
        return Owner(urlsplit(source).netloc or source, frozenset(Part))
    service = catalogue.services.get(service_code)
    forward = service.forward if service else None
    if forward is None or Flag.FORWARDED not in flags:
        return None
    return Owner(urlsplit(forward.url).netloc, OF_FORWARDED, is_told=forward.updates == "pushed")
