"""Who writes more than anybody reads: the rest of it stays lying in the mailbox, and nobody else waits behind it.

Senders are what mails say they are. So one who writes much is bounded by name, and many who are made up by how many
mails of strangers may wait for staff; what answers a mail of ours comes in all the same.
"""

from datetime import timedelta
from email.message import Message

from open311.core import Core
from open311.inbox.automatic import PROGRAMS
from open311.inbox.headers import addresses, message_ids, message_of
from open311.inbox.tokens import TO, tokens_in
from open311.model.catalogue import Catalogue
from open311.storage.database import Connection
from open311.storage.mails import inbox, sent_mails

WINDOW = timedelta(days=1)
MOST_OF_SENDER = 50
# Who answers us knows an id of ours: others who write in their name cannot silence them.
MOST_ANSWERS = 200
# Mail servers tell of every mail that did not arrive.
MOST_OF_MAIL_SERVER = 1_000
MOST_WAITING = 2_000


def is_too_much(core: Core, conn: Connection, catalogue: Catalogue, head: bytes) -> bool:
    """Whether a mail with these headers is left in the mailbox."""
    owner, message = catalogue.jurisdiction.jurisdiction_id, message_of(head)
    sender = next((address for _, address in addresses(message, "From")), "")
    count = inbox.sent_lately(conn, owner, sender, core.now() - WINDOW, MOST_OF_MAIL_SERVER)
    if sender.partition("@")[0].lower() in PROGRAMS:
        return count >= MOST_OF_MAIL_SERVER
    if count < MOST_OF_SENDER and inbox.count_new(conn, [owner]) < MOST_WAITING:
        return False
    return count >= MOST_ANSWERS or not _answers_us(conn, message)


def _answers_us(conn: Connection, message: Message) -> bool:
    tokens = tokens_in(address for _, address in addresses(message, *TO))
    return sent_mails.find(conn, message_ids(message, "References", "In-Reply-To"), tokens) is not None
