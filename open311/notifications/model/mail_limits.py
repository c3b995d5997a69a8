"""How many mails strangers may cause."""

from dataclasses import dataclass
from datetime import datetime, timedelta

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
# Counts are kept for as long as the longest window.
COUNTED_FOR = DAY


@dataclass(frozen=True, slots=True)
class MailAsker:
    """Who asks for a mail: from which network, with which draft or form, and whether their browser has computed."""

    network: str
    origin: str
    proven: bool


@dataclass(frozen=True, slots=True)
class MailLimit:
    """A limit of mails in a window, counted by one column; None counts all mails, up to what the settings say.

    `key` is the message for those beyond. `always`: also where requests are not limited by address.
    """

    column: str | None
    window: timedelta
    proven: int
    unproven: int
    key: str
    always: bool = True

    def most(self, asker: MailAsker, total: int) -> int:
        """How many mails somebody may cause."""
        if self.column is None:
            return total
        return self.proven if asker.proven else self.unproven

    def seconds_to_wait(self, earliest: datetime, now: datetime) -> int:
        """When the earliest of the mails that count leaves the window."""
        return max(1, int((earliest + self.window - now).total_seconds()))


LIMITS = (
    MailLimit("origin", DAY, 3, 3, "error.mail.form"),
    MailLimit("mailbox", HOUR, 5, 5, "error.mail.mailbox"),
    MailLimit("mailbox", DAY, 10, 10, "error.mail.mailbox"),
    MailLimit("network", HOUR, 10, 3, "error.mail.network", always=False),
    MailLimit("network", DAY, 40, 12, "error.mail.network", always=False),
    MailLimit(None, HOUR, 0, 0, "error.mail.all"),
)
