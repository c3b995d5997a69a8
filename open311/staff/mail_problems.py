"""Why a mail did not arrive, in words."""

import re

from open311.site.words import words

# Addresses, mailboxes, and what a server will not have; the other subjects of RFC 3463 tell staff nothing.
ENHANCED_STATUS = re.compile(r"\b[245]\.([127])\.\d{1,3}\b")
REASONS = {
    "1": "desk.mail.why.address",
    "2": "desk.mail.why.mailbox",
    "7": "desk.mail.why.policy",
}


def mail_problem(problem: str) -> str:
    """What the mail server said, with what it means where that is known."""
    status = ENHANCED_STATUS.search(problem)
    return f"{problem}: {words(REASONS[status[1]])}" if status else problem
