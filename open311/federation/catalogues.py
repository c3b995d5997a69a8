"""The catalogues of servers that are harvested, which come into force beside those in files."""

from collections.abc import Sequence
from typing import Any

import structlog

from open311 import catalogue_file
from open311.federation.forwarding import handover
from open311.federation.storage import sources
from open311.model.catalogue import Catalogue
from open311.storage.database import Connection

log = structlog.get_logger()


class Harvested:
    """What `catalogue_publication` asks for as further catalogues."""

    def revision(self, conn: Connection) -> tuple[Any, ...]:
        """Differs whenever these catalogues do."""
        return sources.revision(conn)

    def catalogues(self, conn: Connection, own: Sequence[Catalogue]) -> tuple[list[Catalogue], list[str]]:
        """These catalogues, and what is wrong with some; a file of our own for the same jurisdiction wins."""
        catalogues: list[Catalogue] = []
        problems: list[str] = []
        for source in sources.harvested(conn):
            if any(catalogue.jurisdiction.answers_to(source.jurisdiction_id) for catalogue in own):
                log.error("harvest_hidden_by_file", jurisdiction_id=source.jurisdiction_id)
            elif source.catalogue:
                try:
                    catalogues.append(catalogue_file.from_document(dict(source.catalogue), source.source))
                except Exception as error:
                    # Nobody checks what another server says; the city's own catalogue must not wait for it.
                    log.exception("harvested_catalogue_unusable", jurisdiction_id=source.jurisdiction_id)
                    reason = f"what {source.source} offers makes no catalogue: {error!r}"
                    problems.append(f"{source.jurisdiction_id}: {reason[:500]}")
        return catalogues, problems

    def put_in_force(self, conn: Connection, catalogues: Sequence[Catalogue]) -> None:
        """Have what happens read for the servers that these catalogues name."""
        handover.keep_reader(conn, catalogues)


HARVESTED = Harvested()
