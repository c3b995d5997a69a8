"""Mailboxes that take no password: a token from a program or from an endpoint (OAuth 2.0), by XOAUTH2."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qs

import pytest
from sqlalchemy import Connection, text

from open311.adapters.mail import mail_tokens
from open311.adapters.mail.mail_tokens import NoToken
from open311.core import Core
from open311.inbox import fetching
from open311.settings.mail_tokens import TokenSource, mail_token_source
from open311.settings.mailboxes import imap_mailboxes
from tests.adapters.strangers import Question, Reply, Stranger, a_stranger
from tests.inbox.server import PASSWORD, USER, ImapServer, a_mail


def without_password(core: Core, imap: ImapServer, tokens: TokenSource | None) -> Core:
    """The same city, whose mailbox is signed in to by tokens."""
    accounts = imap_mailboxes(f"imap://{USER}@127.0.0.1:{imap.port}/{imap.folder}")
    return replace(core, settings=replace(core.settings, imap_url=accounts, mail_token=tokens))


def a_program(folder: Path, *lines: str) -> TokenSource:
    """A program that prints a token."""
    program = folder / "token"
    program.write_text("\n".join(["#!/bin/sh", *lines]), encoding="utf-8")
    program.chmod(0o700)
    return mail_token_source(f"exec://{program}")


@pytest.fixture
def endpoint() -> Iterator[Stranger]:
    """A token endpoint whose tokens are good for an hour."""

    def grant(question: Question) -> Reply:
        asked = {name: value[0] for name, value in parse_qs(question.body.decode()).items()}
        known = (asked["grant_type"], asked["client_id"], asked["client_secret"], asked["scope"])
        if known != ("client_credentials", "stadt app", "gehe:im", "mail"):
            return Reply(json.dumps({"error": "invalid_client"}), 401)
        return Reply(json.dumps({"access_token": PASSWORD, "expires_in": 3600}))

    with a_stranger(grant) as stranger:
        yield stranger


def source(endpoint: Stranger, secret: str = "gehe%3Aim") -> TokenSource:
    return mail_token_source(endpoint.url.replace("//", f"//stadt%20app:{secret}@") + "/token?scope=mail")


def why(conn: Connection) -> str:
    return str(
        conn.execute(text("select problem from mailboxes where failing_since is not null")).scalar_one()
    )


def test_a_program_gives_the_token_of_the_user_and_learns_none_of_our_secrets(
    core: Core, imap: ImapServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPEN311_STAFF_SECRET", "geheim")
    tokens = a_program(tmp_path, f'[ "$1$OPEN311_STAFF_SECRET" = {USER} ] && echo {PASSWORD}')
    imap.gets(a_mail())
    assert fetching.fetch_all(without_password(core, imap, tokens)) == 1


def test_an_endpoint_is_asked_once_while_its_token_is_good(
    core: Core, imap: ImapServer, endpoint: Stranger
) -> None:
    city = without_password(core, imap, source(endpoint))
    for _ in range(2):
        imap.gets(a_mail())
        assert fetching.fetch_all(city) == 1
    assert len(endpoint.asked) == 1


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        (["echo wrong"], "authenticat"),
        (["exit 3"], "ended with status 3"),
        (["printf 'a\\001b'"], "no token"),
        ([], "no token"),
    ],
)
def test_a_mailbox_without_a_good_token_says_why(
    core: Core, imap: ImapServer, conn: Connection, tmp_path: Path, lines: list[str], reason: str
) -> None:
    assert fetching.fetch_all(without_password(core, imap, a_program(tmp_path, *lines))) == 0
    assert reason.lower() in why(conn).lower()


def test_an_endpoint_that_refuses_says_why_and_its_secret_stays_ours(
    core: Core, imap: ImapServer, conn: Connection, endpoint: Stranger
) -> None:
    fetching.fetch_all(without_password(core, imap, source(endpoint, "falsch")))
    assert "status 401 invalid_client" in why(conn)
    assert "falsch" not in why(conn) + repr(source(endpoint, "falsch"))


@pytest.mark.parametrize(
    "body", ["", "[]", "null", '{"access_token": 7}', '{"access_token": "a b"}', "{" * 9000]
)
def test_whatever_an_endpoint_says_is_no_fault_of_ours(endpoint: Stranger, body: str) -> None:
    endpoint.answering = lambda _: Reply(body)
    if body == '{"access_token": 7}':
        assert mail_tokens.token_for(source(endpoint, body), USER) == "7"
        return
    with pytest.raises(NoToken):
        mail_tokens.token_for(source(endpoint, "x"), USER)


@pytest.mark.parametrize(
    "raw",
    ["", "token", "exec://host/program", "exec:program", "https://host/token", "http://a:b@example.org/t"],
)
def test_what_is_no_source_of_tokens_is_refused_with_an_example(raw: str) -> None:
    with pytest.raises(ValueError, match="client-id:client-secret"):
        mail_token_source(raw)
