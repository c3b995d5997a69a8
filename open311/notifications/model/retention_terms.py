"""How long people are remembered."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from open311.model.catalogue import Catalogue


@dataclass(frozen=True, slots=True)
class RetentionTerms:
    """Days after a report was closed or hidden, and after the last change of one that nobody closed; 0 keeps.

    `of_services`: where a service has a term of its own, by jurisdiction and code.
    """

    now: datetime
    closed_days: int
    open_days: int
    of_services: Mapping[tuple[str, str], int] = field(default_factory=dict)


def terms_of_services(catalogues: Iterable[Catalogue]) -> dict[tuple[str, str], int]:
    """The terms that services have of their own, at the real and at the test endpoint."""
    return {
        (twin.jurisdiction.jurisdiction_id, service.service_code): service.retention_days
        for catalogue in catalogues
        for twin in (catalogue, catalogue.sandbox())
        for service in catalogue.services.values()
        if service.retention_days is not None
    }
