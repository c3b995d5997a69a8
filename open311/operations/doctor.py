"""Checks for what operators commonly get wrong; each finding says what to do."""

import socket
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from open311.actions.addresses import geocoding
from open311.basemap.ground import ground_of
from open311.core import Core
from open311.model.access.actor import Right
from open311.operations import readiness, rehearsal
from open311.operations.readiness import Health
from open311.settings import Settings
from open311.storage.staff_accounts import memberships
from open311.storage.upkeep import facts, figures
from open311.storage.upkeep.facts import Facts
from open311.storage.upkeep.figures import Figures

# As `server_version_num` writes 15.0.
OLDEST_POSTGRESQL = 150_000
# Below that, requests in a list may change places; above, deadlines and sessions go wrong.
CLOCKS_APART = timedelta(seconds=5)
# Once a month, and some days of grace for holidays.
REHEARSED_WITHIN = timedelta(days=40)


@dataclass(frozen=True, slots=True)
class Finding:
    """Something to do. `must`: it does harm now; otherwise it is worth a look."""

    about: str
    advice: str
    must: bool = False


def examine(core: Core) -> Iterator[Finding]:
    """Run all checks; yields nothing when all is well."""
    parts = readiness.state(core).parts
    yield from (Finding(part.name, part.detail, must=True) for part in parts if part.health is not Health.OK)
    # Without a database nothing else can be checked.
    if any(part.health is Health.DOWN for part in parts):
        return
    with core.database.read() as conn:
        known_facts, counted = facts.read(conn), figures.read(conn)
    yield from _database_findings(known_facts)
    yield from _mailbox_findings(core.settings, counted)
    yield from _settings_findings(core.settings)
    yield from _catalogue_findings(core)
    if core.settings.staff:
        yield from _people_findings(core)
    fault = rehearsal.problem_of(rehearsal.last(core.settings.data_dir), REHEARSED_WITHIN)
    if fault:
        yield Finding("backup", fault)


def _database_findings(known_facts: Facts) -> Iterator[Finding]:
    if known_facts.version < OLDEST_POSTGRESQL:
        yield Finding("postgresql", f"version {known_facts.version} is older than 15; update it", must=True)
    apart = abs(datetime.now(UTC) - known_facts.clock)
    if apart > CLOCKS_APART:
        text = f"clocks of this host and of the database are {apart.total_seconds():.0f} s apart; run NTP on both"
        yield Finding("clock", text, must=True)
    for index in known_facts.invalid_indexes:
        yield Finding("index", f"{index} is invalid: `reindex index concurrently {index}`")


def _mailbox_findings(settings: Settings, counted: Figures) -> Iterator[Finding]:
    """What is wrong with the mailboxes that the settings name; why one cannot be read is told here alone."""
    states = {mailbox.name: mailbox for mailbox in counted.mailboxes}
    for account in settings.imap_url:
        state = states.get(account.name)
        if state is None:
            yield Finding("mailbox", f"{account.name} was never read; the worker does so each minute")
            continue
        if state.failing is not None:
            text = f"{account.name} cannot be read for {state.failing / 60:.0f} min: {state.problem or 'unknown'}"
            yield Finding("mailbox", f"{text}; mend OPEN311_IMAP_URL, or the mail server", must=True)
        if state.skipped:
            text = f"{state.skipped} mails lie unread in {account.name}, since there were too many"
            yield Finding("mailbox", f"{text}; decide about those at the desk, and block who sends them")
        if account.reply_to is None:
            text = f"{account.name} names no reply_to, so answers to our mails go to OPEN311_MAIL_FROM"
            yield Finding("mailbox", f"{text}; see docs/intake.md")
        if not account.password and settings.mail_token is None:
            yield Finding(
                "mailbox", f"{account.name} has no password, and OPEN311_MAIL_TOKEN is unset", must=True
            )


def _settings_findings(settings: Settings) -> Iterator[Finding]:
    if settings.base_url is None:
        text = "OPEN311_BASE_URL is unset, so links follow what each request says; set the public address"
        yield Finding("base address", text)
    else:
        yield from _address_findings(settings.base_url, settings)
    if settings.smtp_url is None:
        yield Finding("mail", "OPEN311_SMTP_URL is unset: nobody can follow a report or see their data")
    if not settings.data_dir.is_absolute():
        yield Finding(
            "data folder",
            f"OPEN311_DATA_DIR is {settings.data_dir}, which depends on where we are started",
            must=True,
        )
    if settings.test_endpoint and settings.base_url:
        yield Finding(
            "test endpoint",
            "OPEN311_TEST_ENDPOINT is on: anybody with a key may fill it; turn it off if nobody tests",
        )


def _address_findings(base_url: str, settings: Settings) -> Iterator[Finding]:
    parts = urlsplit(base_url)
    try:
        socket.getaddrinfo(parts.hostname, None)
    except OSError as reason:
        yield Finding(
            "base address",
            f"{parts.hostname} has no address: {reason.strerror}; mend the DNS or OPEN311_BASE_URL",
        )
    if parts.scheme == "https" and not settings.trusted_proxies:
        text = "the address is https, so a proxy is in front; set OPEN311_TRUSTED_PROXIES=1, or all senders are one"
        yield Finding("proxy", text, must=True)
    if parts.scheme == "http":
        yield Finding(
            "base address", f"{base_url} is not https; personal data travel in the clear", must=True
        )


def _catalogue_findings(core: Core) -> Iterator[Finding]:
    for warning in core.catalogues.warnings:
        yield Finding(warning.about, str(warning))
    for catalogue in core.catalogues.in_force:
        jurisdiction = catalogue.jurisdiction
        owner = jurisdiction.jurisdiction_id
        if jurisdiction.harvested_from:
            continue
        if core.settings.geocoder == "table" and not geocoding.possible(core, catalogue):
            yield Finding(
                "addresses",
                f"{owner} has none to search in; `open311 addresses import` takes a list, and"
                " `open311 map import` a map that has them",
            )
        ground = ground_of(core, catalogue)
        if ground.file and not ground.file.is_file():
            yield Finding("map", f"{owner}: {ground.file} is not there; put it there, or name another one")
        elif not ground.has_streets:
            text = f"{owner} has no streets on its map, so nobody can point at a place in the form"
            yield Finding(
                "map", f"{text}; `open311 map import` takes an extract of OpenStreetMap (docs/map.md)"
            )


def _people_findings(core: Core) -> Iterator[Finding]:
    """Cities in which nobody can make accounts, or nobody is there for what citizens send."""
    with core.database.read() as conn:
        given = memberships.roles_given(conn, core.now())
    for catalogue in core.catalogues.in_force:
        city = catalogue.jurisdiction.jurisdiction_id
        if catalogue.jurisdiction.harvested_from:
            continue
        rights = {
            right for role in given.get(city, ()) for right in core.catalogues.rights_of_role(city, role)
        }
        if Right.MANAGE_ACCOUNTS not in rights:
            text = f"{city} has nobody who makes accounts"
            yield Finding(
                "accounts", f"{text}; `open311 account add NAME EMAIL --role admin` makes the first"
            )
        if Right.CHECK not in rights:
            text = f"{city} has nobody who checks reports, so what is held stays held"
            yield Finding("accounts", f"{text}; give somebody the role checker (docs/accounts.md)")
