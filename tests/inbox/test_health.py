"""The operator sees that a mailbox is not read, in all the places where they look."""

from dataclasses import replace

from sqlalchemy import Connection, text

from open311.core import Core
from open311.inbox import fetching
from open311.operations import doctor, metrics, readiness
from open311.operations.readiness import Health
from open311.operations.request_counters import RequestCounters
from open311.settings.mailboxes import imap_mailboxes
from tests.inbox.server import ImapServer, a_mail


def findings(core: Core) -> list[tuple[bool, str]]:
    return [(finding.must, finding.advice) for finding in doctor.examine(core) if finding.about == "mailbox"]


def health(core: Core) -> Health:
    [part] = [part for part in readiness.state(core).parts if part.name == "mailboxes"]
    return part.health


def figures(core: Core) -> str:
    return metrics.page(core, RequestCounters())[0].decode()


def test_a_mailbox_is_told_of_from_the_first_day(core: Core, imap: ImapServer, conn: Connection) -> None:
    [(must, never)] = findings(core)
    assert (must, "was never read" in never, health(core)) == (False, True, Health.OK)
    imap.gets(a_mail())
    fetching.fetch_all(core)
    assert findings(core) == []
    assert 'open311_inbox_mails{state="new"} 1.0' in figures(core)
    conn.execute(text("update mailboxes set skipped = 7, skipped_since = now()"))
    assert "7 mails lie unread" in findings(core)[0][1]
    assert f'open311_mailbox_skipped{{mailbox="{core.settings.imap_url[0].name}"}} 7.0' in figures(core)


def test_why_a_mailbox_is_not_read_is_told_to_operators_alone(
    core: Core, imap: ImapServer, conn: Connection
) -> None:
    wrong = imap_mailboxes(f"imap://stadt:falsch@127.0.0.1:{imap.port}/{imap.folder}?reply_to=a@b.example")
    broken = replace(core, settings=replace(core.settings, imap_url=wrong))
    fetching.fetch_all(broken)
    conn.execute(text("update mailboxes set failing_since = now() - interval '1 minute'"))
    assert health(broken) is Health.OK, "a moment is no outage"
    conn.execute(text("update mailboxes set failing_since = now() - interval '10 minutes'"))
    assert health(broken) is Health.FAILING
    told = [advice for must, advice in findings(broken) if must]
    assert len(told) == 1
    assert "cannot be read for 10 min: " in told[0]
    assert "b'" not in told[0]
    assert "falsch" not in told[0] + figures(broken)
    assert "} 600" in figures(broken)
    unsigned = imap_mailboxes(f"imap://stadt@127.0.0.1:{imap.port}/{imap.folder}?reply_to=a@b.example")
    without = replace(core, settings=replace(core.settings, imap_url=unsigned))
    assert any("OPEN311_MAIL_TOKEN is unset" in advice for must, advice in findings(without) if must)
