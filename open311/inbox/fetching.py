"""Taking in what lies in the mailboxes: each mail once, whatever breaks in between, and a bad one alone."""

import time
from io import BytesIO

import structlog

from open311.actions import media
from open311.adapters import imap
from open311.adapters.imap import RawMail
from open311.base.errors import ConfigurationError, MailboxUnavailable, NotFound, Unavailable
from open311.core import Core
from open311.inbox import reading, threads
from open311.model.catalogue import Catalogue
from open311.model.inbox import LOOKED_BACK
from open311.settings import MailboxAccount
from open311.storage import inbox as storage

log = structlog.get_logger()

# In one turn, of which there is one a minute.
MOST_MAILS, MOST_SECONDS = 30, 40.0
MAIL_BYTES = 30 * 1024 * 1024


def fetch_all(core: Core) -> int:
    """Take in what is new in all mailboxes; returns how many mails. One that cannot be read keeps no other waiting."""
    taken = 0
    for account in core.settings.imap_url:
        try:
            taken += _fetch(core, account)
            failed = None
        except (MailboxUnavailable, ConfigurationError) as reason:
            failed = reason
        with core.database.begin() as conn:
            is_news = storage.note_reading(conn, account.name, core.now(), failed=failed is not None)
        if is_news and failed:
            reason_told = str(failed.__cause__ or failed)
            log.error("mailbox_unavailable", mailbox=account.name, reason=reason_told)
        elif is_news:
            log.info("mailbox_available", mailbox=account.name)
    return taken


def city_of(core: Core, account: MailboxAccount) -> Catalogue:
    """Whose reports come in by a mailbox; raises `ConfigurationError` when that is nobody's."""
    in_force = core.catalogues.in_force
    if account.jurisdiction_id is None and len(in_force) == 1:
        return in_force[0]
    try:
        return core.catalogues.owner(account.jurisdiction_id or "")
    except NotFound:
        raise ConfigurationError(
            f"OPEN311_IMAP_URL: the mailbox {account.name} names no jurisdiction of the catalogue behind a #"
        ) from None


def _fetch(core: Core, account: MailboxAccount) -> int:
    catalogue, until, taken = city_of(core, account), time.monotonic() + MOST_SECONDS, 0
    with imap.opened(account) as mailbox:
        with core.database.read() as conn:
            last = storage.position(conn, account.name, mailbox.validity)
        for uid in mailbox.newer(last, core.now() - LOOKED_BACK, MOST_MAILS):
            raw = mailbox.fetch(uid, MAIL_BYTES)
            take_in(core, catalogue, account, mailbox.validity, raw or RawMail(uid, b"", 0))
            taken += 1
            if time.monotonic() > until:
                break
    return taken


def take_in(core: Core, catalogue: Catalogue, account: MailboxAccount, validity: int, raw: RawMail) -> None:
    """Store one mail with what follows from it, and that it needs no fetching any more, all at once or not at all."""
    letter = (
        reading.read(raw.data, is_whole=raw.is_whole, most_pictures=core.settings.max_photos)
        if raw.data
        else None
    )
    owner = catalogue.jurisdiction.jurisdiction_id
    with core.database.read() as conn:
        is_known = letter is None or storage.is_known(conn, owner, letter.digest)
    if letter is None or is_known:
        with core.database.begin() as conn:
            storage.advance(conn, account.name, validity, raw.uid)
        return
    pictures, _ = media.read(core, [BytesIO(picture) for picture in letter.pictures])
    with media.in_store(core, pictures) as files, core.database.begin() as conn:
        storage.advance(conn, account.name, validity, raw.uid)
        try:
            with conn.begin_nested():
                threads.settle(core, conn, catalogue, letter, files)
        except Unavailable:
            raise
        except Exception as reason:
            # Staff decide about what we cannot: the mail must not be lost, nor stop those behind it.
            log.error("mail_not_settled", mailbox=account.name, uid=raw.uid, reason=repr(reason))
            threads.leave_to_staff(
                core, conn, catalogue, letter, files, problem="desk.inbox.problem.unsettled"
            )
