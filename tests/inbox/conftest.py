"""The mailbox under test."""

from collections.abc import Iterator

import pytest

from open311.core import Core
from tests.inbox.server import ImapServer, an_imap_server
from tests.mailbox import Mailbox, a_mail_server
from tests.serving import MakeCore


@pytest.fixture(scope="session")
def imap_server() -> Iterator[ImapServer]:
    """The server of this worker."""
    with an_imap_server() as server:
        yield server


@pytest.fixture
def imap(imap_server: ImapServer) -> ImapServer:
    """An empty mailbox."""
    imap_server.begins_anew()
    return imap_server


@pytest.fixture
def outbox() -> Iterator[tuple[Mailbox, str]]:
    """What the city sends, and the address of the server that takes it."""
    with a_mail_server() as found:
        yield found


@pytest.fixture
def core(make_core: MakeCore, imap: ImapServer, outbox: tuple[Mailbox, str]) -> Core:
    """A city that reads its mail, and sends some."""
    return make_core(
        OPEN311_IMAP_URL=imap.url,
        OPEN311_SMTP_URL=outbox[1],
        OPEN311_MAIL_FROM="Stadt <stadt@example.org>",
        OPEN311_BASE_URL="http://stadt.example",
        OPEN311_MAIL_DELAY_SECONDS="0",
    )
