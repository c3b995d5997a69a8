"""What browsers would read in a page."""

import re
from collections import Counter

ID = re.compile(r'<[^>]*\sid="([^"]+)"')


def repeated_ids(page: str) -> list[str]:
    """The ids that stand twice: a label with one of them leads to the first alone."""
    return sorted(name for name, number in Counter(ID.findall(page)).items() if number > 1)
