"""`open311 webhook` on the command line."""

from collections.abc import Iterator

import pytest

from open311.core import Core
from open311.webhooks import delivery
from tests.adapters.strangers import Reply, Stranger, a_stranger
from tests.opendata.live import a_live_core
from tests.processes.running import run
from tests.serving import an_api


@pytest.fixture
def target() -> Iterator[Stranger]:
    """Somebody who is busy."""
    with a_stranger(lambda question: Reply(status=503)) as found:
        yield found


@pytest.fixture
def core(fresh_database_url: str) -> Iterator[Core]:
    """The server beside the command line."""
    made = a_live_core(fresh_database_url, OPEN311_WEBHOOK_ALLOW_PRIVATE="on")
    yield made
    made.database.close()


def webhook(database: str, *words: str, wide: str = "300") -> str:
    """Standard output of `open311 webhook WORDS`, which must go well."""
    done = run("webhook", *words, DATABASE_URL=database, COLUMNS=wide)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_webhook_is_added_watched_and_removed(
    fresh_database_url: str, core: Core, target: Stranger
) -> None:
    db = fresh_database_url
    secret = webhook(db, "add", "partner", target.url, "--kind", "published", "--kind", "submitted").strip()
    assert secret.startswith("whsec_")
    untried = run("webhook", "attempts", "partner", DATABASE_URL=db)
    assert (untried.stdout, untried.stderr) == ("", "Nothing was sent to partner yet.\n")
    an_api(core).report()
    delivery.enqueue(core)
    delivery.deliver(core, 1)
    listed = webhook(db, "list")
    assert ("partner" in listed, target.url in listed, secret in listed) == (True, True, False)
    shown = webhook(db, "show", "partner")
    assert f"secret: {secret}" in shown
    assert "kinds: published, submitted" in shown
    assert "messages waiting: 1" in shown
    tried = webhook(db, "attempts", "partner")
    assert ("503" in tried, "msg_" in tried, "the answer was 503" in tried) == (True, True, True)
    assert webhook(db, "replay", "partner", "--since", "2026-01-01") == "1 message is sent again.\n"
    assert webhook(db, "pause", "partner") == "partner is paused.\n"
    assert "state: paused" in webhook(db, "show", "partner")
    assert webhook(db, "resume", "partner", "--skip") == "partner is active.\n"
    unsure = run("webhook", "remove", "partner", DATABASE_URL=db)
    assert (unsure.returncode, "Remove it?" in unsure.stdout) == (1, True)
    assert webhook(db, "remove", "partner", "--yes") == "partner is removed.\n"
    assert "partner" not in webhook(db, "list")


def test_a_disabled_one_says_why(fresh_database_url: str, core: Core, target: Stranger) -> None:
    webhook(fresh_database_url, "add", "partner", target.url)
    an_api(core).report()
    target.answering = lambda question: Reply(status=410)
    delivery.enqueue(core)
    delivery.deliver(core, 1)
    shown = webhook(fresh_database_url, "show", "partner")
    assert "state: disabled" in shown
    assert "reason: The target answered 410 (Gone): it asks for no further messages." in shown


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("add", "partner", "nowhere"), "nowhere is not an address"),
        (("add", "partner", "https://a.example/", "--service", "X"), "there is no X"),
        (("add", "partner", "https://a.example/", "--kind", "sold"), "sold"),
        (("add", "partner", "https://a.example/", "--jurisdiction", "paris"), "paris is not known"),
        (("show", "nobody"), "There is no webhook nobody."),
        (("replay", "nobody", "--since", "yesterday"), "yesterday is not a datetime"),
    ],
)
def test_what_cannot_be_done_is_told(fresh_database_url: str, words: tuple[str, ...], told: str) -> None:
    done = run("webhook", *words, DATABASE_URL=fresh_database_url)
    assert done.returncode != 0
    assert told in done.stderr
