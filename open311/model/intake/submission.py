"""What a citizen hands in, before it is a service request."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import IO

from open311.base.text import Text
from open311.model.media import StoredFile
from open311.model.service_request import Location, Reporter

DESCRIPTION_LENGTH = 4000
# All texts of a report together; photos have limits of their own.
REPORT_BYTES = 100 * 1024
# What JSON puts around a value.
OVERHEAD = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """A report as it was sent, already clean text (GeoReport v2, POST service request).

    `answers` are the raw attribute values, code → values; the definition of the service decides what becomes of them.
    `texts` are the fields that `model/fields.py` calls sent. `photos` are files as they came, not looked at yet; `kept`
    lie in the store already. With any, `media_urls` do not count.
    """

    service_code: str | None = None
    location: Location | None = None
    address: str = ""
    address_id: str | None = None
    zipcode: str | None = None
    description: str = ""
    media_urls: tuple[str, ...] = ()
    photos: tuple[IO[bytes], ...] = ()
    kept: tuple[StoredFile, ...] = ()
    texts: Mapping[str, str | None] = field(default_factory=dict)
    channel: str = "api"
    client_request_id: str | None = None
    answers: Mapping[str, Sequence[str]] = field(default_factory=dict)
    reporter: Reporter = field(default_factory=Reporter)

    @property
    def text_bytes(self) -> int:
        """About how many bytes its texts take as JSON, photos apart."""
        single = (self.address, self.address_id, self.zipcode, self.description, self.client_request_id)
        answers = (text for code, values in self.answers.items() for text in (code, *values))
        return text_bytes((*filter(None, (*single, *self.texts.values())), *self.media_urls, *answers))


def text_bytes(texts: Iterable[str]) -> int:
    """About how many bytes these texts take as JSON."""
    # Half a letter is refused later, in words; here it only has to be counted.
    return sum(len(text.encode("utf-8", "surrogatepass")) + OVERHEAD for text in texts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What the sender gets: an id, a token, or neither, by the type of the service; never both."""

    service_request_id: int | None = None
    token: str | None = None
    service_notice: Text
