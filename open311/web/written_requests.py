"""Requests as bytes, for every front door that lists them: PostgreSQL serialises rows, Python what it cannot."""

from collections.abc import Hashable, Iterable, Iterator
from typing import NamedTuple

from open311.formats import documents, entries
from open311.formats.entries import Form
from open311.model.catalogue import Catalogue
from open311.model.search import Page, RequestSearch
from open311.model.service_request import ServiceRequest
from open311.storage import search
from open311.storage.database import Connection

# Id, version, and bytes.
Entry = tuple[int, int, bytes]


class Writer(NamedTuple):
    """A writer of requests in one format; `base_url` is the public address of the server, where photos are found."""

    form: Form
    catalogue: Catalogue
    language: str
    base_url: str
    extensions: bool = False

    def by_ids(self, conn: Connection, query: RequestSearch, ids: list[int]) -> list[Entry]:
        """The requests with these ids, in any order; those that have become invisible meanwhile are missing."""
        entries: list[Entry] = []
        if not self.extensions:
            entries = search.lines_by_ids(conn, query, ids, self.form.name, self.wording())
        lines = [line for _, _, line in entries]
        clean = self.form.clean(lines)
        if clean is not lines:
            entries = [
                (number, version, line) for (number, version, _), line in zip(entries, clean, strict=True)
            ]
        if len(entries) == len(ids):
            return entries
        missing = {*ids}.difference([number for number, _, _ in entries])
        return [*entries, *self._from_values(query, search.by_ids(conn, query, list(missing)))]

    def page(self, conn: Connection, query: RequestSearch) -> Page[list[bytes]]:
        """One page of requests in order, read in one go."""
        page = search.lines(conn, query, self.form.name, self.wording())
        missing = [line for line in page.items if isinstance(line, int)]
        ours = {n: line for n, _, line in self._from_values(query, search.by_ids(conn, query, missing))}
        lines = [ours.get(line) if isinstance(line, int) else line for line in page.items]
        written = self.form.clean([line for line in lines if line is not None])
        return Page(written, page.next, page.total)

    def from_value(self, request: ServiceRequest) -> bytes:
        return self.form.write(
            documents.service_request(
                request, self.catalogue, self.language, extensions=self.extensions, base_url=self.base_url
            )
        )

    def variant(self, query: RequestSearch) -> Hashable | None:
        """What the bytes depend on beside id and version; None where each request is written with its distance from
        the centre that was asked for."""
        if query.circle is not None and self.extensions:
            return None
        catalogue = self.catalogue
        # As numbers and texts, which look alike in every process.
        city = catalogue.jurisdiction.jurisdiction_id, catalogue.digest, catalogue.changeset.timestamp()
        return self.form.name, self.language, self.extensions, city, self.base_url

    def _from_values(self, query: RequestSearch, requests: Iterable[ServiceRequest]) -> Iterator[Entry]:
        for request in requests:
            circle = query.circle if self.extensions else None
            distance = circle.distance(request.location) if circle and request.location else None
            yield (
                request.service_request_id,
                request.version,
                self.from_value(request._replace(distance=distance)),
            )

    def wording(self) -> dict[str, str]:
        """What PostgreSQL has to know beside the rows."""
        names = entries.names(self.form, self.catalogue, self.language)
        return names | {"zone": self.catalogue.jurisdiction.time_zone.key, "base_url": self.base_url}
