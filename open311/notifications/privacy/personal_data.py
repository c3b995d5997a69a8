"""Every column of every table: whether it says something of a person, and if so why, how long, and for whose eyes.

docs/privacy-data.md and the privacy page are written from this; a test holds it against the real tables.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from open311.base.i18n import translate
from open311.model.fields import Role
from open311.model.service_request import fields_with
from open311.notifications.privacy.not_personal import NOT_PERSONAL
from open311.settings import Settings


class Term(StrEnum):
    """When something is forgotten by itself; each is a message."""

    OVER = "privacy.term.over"
    DAY = "privacy.term.day"
    DRAFT = "privacy.term.draft"
    MONTH = "privacy.term.month"
    DONE = "privacy.term.done"
    FOLLOWED = "privacy.term.followed"
    REPORT = "privacy.term.report"
    STAFF = "privacy.term.staff"
    ACCOUNT = "privacy.term.account"
    MAIL = "privacy.term.mail"
    BLOCKED = "privacy.term.blocked"


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonalData:
    """One kind of personal data; `what` it is and `why` it is kept are messages.

    `columns` by table, with blanks between. `seen_by` and `erased_by` are for the operator's record of processing.
    """

    what: str
    why: str
    columns: Mapping[str, str]
    term: Term
    seen_by: str
    erased_by: str
    files: bool = False


SENT = " ".join(fields_with(Role.SENT))
OWN = (
    "“My data” of the site (`own_data.erase`), the desk (`/staff/admin/privacy`), retention (`forget_people`), "
    "`open311 request erase`"
)
WITH_REPORT = "`open311 request erase`; retention erases hidden and refused reports as a whole"
STAFF_ONLY = "staff of the city"

PERSONAL: tuple[PersonalData, ...] = (
    PersonalData(
        what="privacy.data.reporter",
        why="privacy.data.reporter.why",
        columns={
            "reporters": "email phone first_name last_name device_id account_id attributes",
            "submissions": "attributes client_request_id",
        },
        term=Term.OVER,
        seen_by="staff of the city; a server that reports are handed on to with `personal_data: true`",
        erased_by=OWN,
    ),
    PersonalData(
        what="privacy.data.updater",
        why="privacy.data.updater.why",
        columns={"updaters": "email phone first_name last_name device_id account_id"},
        term=Term.OVER,
        seen_by=STAFF_ONLY,
        erased_by=OWN,
    ),
    PersonalData(
        what="privacy.data.follower",
        why="privacy.data.follower.why",
        columns={
            "followers": "email language created_datetime asked_datetime confirmed_datetime is_reporter",
            "mail_messages": "follower_id event_id created_datetime sent_datetime",
            "sent_mails": "follower_id event_id message_id state problem sent_datetime address_digest "
            "token_digest",
            "mail_links": "digest purpose jurisdiction_id language email follower_id alert_id created_datetime "
            "expires_datetime",
            "alerts": "email language place lat long radius area service_code weekly created_datetime "
            "confirmed_datetime sent_datetime",
        },
        term=Term.FOLLOWED,
        seen_by="nobody; the worker writes to it",
        erased_by=f"the link in each mail; {OWN}",
    ),
    PersonalData(
        what="privacy.data.mail_count",
        why="privacy.data.mail_count.why",
        columns={"mail_requests": "mailbox network origin purpose datetime"},
        term=Term.DAY,
        seen_by="nobody; digests alone",
        erased_by="“My data” of the site; retention",
    ),
    PersonalData(
        what="privacy.data.affected",
        why="privacy.data.affected.why",
        columns={"affected_devices": "device network created_datetime"},
        term=Term.MONTH,
        seen_by="nobody; digests alone, others for each report",
        erased_by="retention",
    ),
    PersonalData(
        what="privacy.data.draft",
        why="privacy.data.draft.why",
        columns={
            "drafts": "digest secret state network created_datetime touched_datetime",
            "draft_photos": "digest key media_type bytes width height sha256",
        },
        term=Term.DRAFT,
        seen_by="its writer alone",
        erased_by="“My data” of the site; each hour (`expire_drafts`)",
        files=True,
    ),
    PersonalData(
        what="privacy.data.report",
        why="privacy.data.report.why",
        columns={
            "service_requests": "description address address_id zipcode geom media_urls photos attributes "
            f"status_notes service_notice words folded {SENT}",
            "media": "key thumb_key sha256 media_type bytes width height boxes suggested dhash alt",
            "events": "data",
        },
        term=Term.REPORT,
        seen_by="everybody once it is published; staff before, and of what was hidden",
        erased_by=WITH_REPORT,
        files=True,
    ),
    PersonalData(
        what="privacy.data.casework",
        why="privacy.data.casework.why",
        columns={
            "case_notes": "text about_person words",
            "case_originals": "text field replaced_datetime until_datetime",
            "case_undo": "before",
            "case_questions": "digest asked_datetime ends_datetime answered_datetime",
            "orders": "text",
            "ratings": "digest satisfied text answered_datetime ends_datetime",
            "media": "original_key original_until",
        },
        term=Term.OVER,
        seen_by=STAFF_ONLY,
        erased_by=OWN,
        files=True,
    ),
    PersonalData(
        what="privacy.data.mail",
        why="privacy.data.mail.why",
        columns={
            "inbox": "digest from_address from_name subject text rest left_out lat long",
            "inbox_photos": "key media_type bytes width height sha256",
        },
        term=Term.MAIL,
        seen_by=STAFF_ONLY,
        erased_by="“My data” of the site; `open311 request erase`; each night (`forget_old`), and the files with it",
        files=True,
    ),
    PersonalData(
        what="privacy.data.blocked",
        why="privacy.data.blocked.why",
        columns={"blocked_senders": "kind pattern reason actor created_datetime ends_datetime"},
        term=Term.BLOCKED,
        seen_by=STAFF_ONLY,
        erased_by="the page of blocked senders; each night (`forget_old`)",
    ),
    PersonalData(
        what="privacy.data.handed_on",
        why="privacy.data.handed_on.why",
        columns={"forwards": "client_request_id foreign_id token error seen"},
        term=Term.REPORT,
        seen_by="staff of the city, and the server it went to",
        erased_by=f"{OWN}; what another server got must be erased there",
    ),
    PersonalData(
        what="privacy.data.job",
        why="privacy.data.job.why",
        columns={"procrastinate_jobs": "args"},
        term=Term.DONE,
        seen_by="operators; numbers and names of files alone",
        erased_by="when the job is done; each night (`forget_people`)",
    ),
    PersonalData(
        what="privacy.data.staff",
        why="privacy.data.staff.why",
        columns={
            "events": "actor",
            "keys": "name",
            "cases": "assignee_id taken_in_by",
            "case_mentions": "account_id",
            "case_notes": "author created_datetime edited_datetime",
            "case_undo": "actor",
            "case_presence": "actor until_datetime",
            "rounds": "name day",
        },
        term=Term.STAFF,
        seen_by=STAFF_ONLY,
        erased_by="with the report; keys by `open311 key revoke`",
    ),
    PersonalData(
        what="privacy.data.account",
        why="privacy.data.account.why",
        columns={
            "accounts": "id name email language state password_hash totp_secret totp_step prefs created_datetime "
            "ends_datetime left_datetime issuer subject",
            "account_codes": "account_id digest",
            "account_links": "account_id digest kind ends_datetime",
            "account_passkeys": "account_id credential_id public_key sign_count challenge name created_datetime",
            "account_tokens": "account_id digest name rights created_datetime ends_datetime",
            "idempotency_keys": "account_id key request_digest answer created_datetime",
            "memberships": "account_id role units services areas source ends_datetime",
            "sessions": "digest account_id stage client created_datetime seen_datetime ends_datetime "
            "confirmed_datetime",
            "bulk_runs": "account_id text created_datetime",
            "views": "account_id name query created_datetime",
            "account_digests": "account_id",
            "export_files": "account_id filters created_datetime",
            "export_parts": "content",
            "staff_notices": "account_id",
            "audit": "actor subject data ip_prefix",
            "sign_in_brakes": "key failures until_datetime touched_datetime",
        },
        term=Term.ACCOUNT,
        seen_by="administrators of the city, and each of the staff their own",
        erased_by="`open311 account`, and each hour the worker",
    ),
)


def judged() -> Iterator[tuple[str, str]]:
    """Table and column of everything that has been judged."""
    for tables in (*(kind.columns for kind in PERSONAL), NOT_PERSONAL):
        for table, columns in tables.items():
            yield from ((table, column) for column in columns.split())


def term_in_words(term: Term, language: str, settings: Settings) -> str:
    """When something is forgotten."""
    kept = term in (Term.OVER, Term.FOLLOWED) and not settings.retention_days
    words = translate("privacy.term.kept" if kept else term, language, days=settings.retention_days)
    if term is not Term.OVER or not settings.retention_open_days:
        return words
    return f"{words} {translate('privacy.term.open', language, days=settings.retention_open_days)}"
