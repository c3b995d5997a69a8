"""What in the text of a report has staff look twice, as a city's catalogue says."""

import re
from dataclasses import dataclass
from functools import cached_property

LINK = re.compile(r"https?://|www\.", re.IGNORECASE)
NOTHING = re.compile(r"(?!)")


@dataclass(frozen=True)
class Suspicious:
    """Words, whatever their letter case, and whether links count."""

    words: tuple[str, ...] = ()
    links: bool = True

    # Made once a catalogue: the queue asks it about each report of a page.
    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        if not self.words:
            return NOTHING
        # The longest first, so that of two words of which one begins the other the longer is found.
        alternatives = "|".join(re.escape(word) for word in sorted(self.words, key=len, reverse=True))
        return re.compile(rf"(?<!\w)(?:{alternatives})(?!\w)", re.IGNORECASE)

    def count_words(self, text: str) -> int:
        return len(self._pattern.findall(text))

    def count_links(self, text: str) -> int:
        return len(LINK.findall(text)) if self.links else 0
