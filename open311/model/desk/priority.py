"""What comes first in a list of cases."""

from enum import IntEnum


class Priority(IntEnum):
    """What comes first in a list."""

    LOW = -1
    NORMAL = 0
    HIGH = 1
    URGENT = 2

    @classmethod
    def of_word(cls, word: str) -> "Priority | None":
        """The priority that a form or an address names by its number; None for anything else."""
        return next((priority for priority in cls if str(int(priority)) == word), None)

    @property
    def word(self) -> str:
        """As the catalogue, the history and the messages write it."""
        return self.name.lower()
