"""Fetching from the mailboxes: each mail is taken in once, whatever breaks in between, and a bad one stops no other."""

import time
from dataclasses import replace
from io import BytesIO

import structlog

from open311.actions.photos import media
from open311.adapters.mail import imap
from open311.adapters.mail.imap import RawMail
from open311.base.errors import ConfigurationError, MailboxUnavailable, NotFound, Unavailable
from open311.base.text import tidy
from open311.core import Core
from open311.inbox import flood, reading, threads
from open311.model.catalogue import Catalogue
from open311.model.inbox import LOOKED_BACK
from open311.settings import MailboxAccount
from open311.storage.mails import inbox as storage

log = structlog.get_logger()

# A run, of which there is one a minute.
MOST_MAILS, MOST_SECONDS = 30, 40.0
# Those that are too many cost no more than their headers.
MOST_LOOKED_AT, HEAD_BYTES = 300, 8 * 1024
MAIL_BYTES = 30 * 1024 * 1024


def fetch_all(core: Core) -> int:
    """Take in what is new in all mailboxes; returns how many mails. One that cannot be read keeps no other waiting."""
    taken = 0
    for account in core.settings.imap_url:
        try:
            taken += _fetch(core, account)
            failed = None
        except (MailboxUnavailable, ConfigurationError) as reason:
            failed = tidy(str(reason.__cause__ or reason)) or "unknown"
        with core.database.begin() as conn:
            is_news = storage.note_reading(conn, account.name, core.now(), failed)
        if is_news and failed:
            log.error("mailbox_unavailable", mailbox=account.name, reason=failed)
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
    with imap.opened(account, core.settings.mail_token) as mailbox:
        with core.database.read() as conn:
            last = storage.position(conn, account.name, mailbox.validity)
        uids = mailbox.newer(last, core.now() - LOOKED_BACK, MOST_LOOKED_AT)
        heads = mailbox.heads(uids, HEAD_BYTES)
        for uid in uids:
            if taken >= MOST_MAILS or time.monotonic() > until:
                break
            if _skip_if_too_much(core, catalogue, account, mailbox.validity, uid, heads.get(uid)):
                continue
            raw = mailbox.fetch(uid, MAIL_BYTES)
            take_in(core, catalogue, account, mailbox.validity, raw or RawMail(uid, b"", 0))
            taken += 1
    return taken


def _skip_if_too_much(
    core: Core, catalogue: Catalogue, account: MailboxAccount, validity: int, uid: int, head: bytes | None
) -> bool:
    """Leave a mail lying that is too much, whether it is; one whose headers are unknown is none."""
    if head is None:
        return False
    with core.database.begin() as conn:
        too_much = flood.is_too_much(core, conn, catalogue, head)
        if too_much:
            storage.skip(conn, account.name, validity, uid, core.now())
    return too_much


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
    # Copied by a rule of the mail server, or taken away meanwhile: counted as read, or it would be fetched each minute.
    if letter is None or is_known:
        with core.database.begin() as conn:
            storage.advance(conn, account.name, validity, raw.uid)
        return
    pictures, _ = media.read(core, [BytesIO(picture) for picture in letter.pictures])
    places = (picture.place for picture in pictures if picture.place)
    letter = replace(
        letter, place=next((place for place in places if catalogue.jurisdiction.contains(*place)), None)
    )
    with media.in_store(core, pictures) as files, core.database.begin() as conn:
        storage.advance(conn, account.name, validity, raw.uid)
        try:
            # What cannot be settled is undone alone; that the mail was read, and the mail itself, are kept.
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
