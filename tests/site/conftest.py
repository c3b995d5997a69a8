"""A browser's connection, and a mail server for those who need one; a Core of theirs is `make_core(**mailing)`."""

from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient

from open311.core import Core
from tests.client import client_of
from tests.mailbox import Mailbox, a_mail_server
from tests.site.mailing import BASE, SENDER


@pytest.fixture(scope="session")
def post() -> Iterator[tuple[Mailbox, str]]:
    """A mail server."""
    with a_mail_server() as found:
        yield found


@pytest.fixture
def mailbox(post: tuple[Mailbox, str]) -> Mailbox:
    """An empty mailbox."""
    post[0].mails.clear()
    post[0].recipients.clear()
    post[0].answer = "250 OK"
    return post[0]


@pytest.fixture
def mailing(post: tuple[Mailbox, str], mailbox: Mailbox) -> dict[str, str]:
    """The settings of a site that sends mail."""
    return {"OPEN311_SMTP_URL": post[1], "OPEN311_MAIL_FROM": SENDER, "OPEN311_BASE_URL": BASE}


@pytest.fixture
def client(core: Core) -> FlaskClient:
    """A browser's connection."""
    return client_of(core)
