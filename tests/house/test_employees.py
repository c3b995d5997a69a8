"""The schema is no good for watching employees: docs/personalrat.md says so, and this holds it to it."""

from pathlib import Path

from open311.storage.tables import metadata
from tests.house.documents import ROOT

# Every table with a column for somebody of the staff, and why that is no record of their work.
KNOWN = {
    "account_codes": "a way to sign in",
    "account_links": "a way to sign in",
    "account_passkeys": "a way to sign in",
    "account_tokens": "a way in for programs; not when it was used",
    "idempotency_keys": "what a program was answered, so that it is not done twice; gone after a day",
    "memberships": "a role",
    "bulk_runs": "whose the result page of a bulk act is; gone after a day",
    "export_files": "whose a workbook of many cases is; gone after a day",
    "views": "filters under a name",
    "account_digests": "the last day of somebody's own mail of the day, whether or not they read it",
    "staff_notices": "whom a mail goes to next; gone when it does",
    "sessions": "a browser; no path, no address, rounded to five minutes, gone at the end",
    "cases": "who has an open case; empty once it is closed",
    "case_notes": "who wrote a note",
    "case_mentions": "who is named in a note and has not read it; gone when they have",
    "case_presence": "who looks at a case now; unlogged, for minutes",
}
# Where GeoReport's `account_id` is the reporter's own.
OF_REPORTERS = {"reporters", "updaters"}
# What would tell of presence or speed.
WATCHING = (
    "last_login",
    "last_seen",
    "logged_in",
    "duration",
    "seconds_spent",
    "clicks",
    "user_agent",
    "ip_address",
)
PERSON = ("account_id", "assignee_id", "employee_id", "staff_id")


def test_only_these_tables_name_somebody_of_the_staff() -> None:
    naming = {table.name for table in metadata.tables.values() if any(name in table.c for name in PERSON)}
    assert naming - OF_REPORTERS <= {*KNOWN}


def test_no_column_tells_when_or_how_fast_somebody_works() -> None:
    telling = {
        f"{table.name}.{column.name}"
        for table in metadata.tables.values()
        for column in table.c
        if column.name.startswith(WATCHING)
    }
    assert telling == set()


def test_the_document_names_every_table_about_employees() -> None:
    document = Path(ROOT / "docs" / "personalrat.md").read_text(encoding="utf-8")
    stored = {*metadata.tables} & {*KNOWN, "accounts", "sign_in_brakes", "audit", "events"}
    assert {name for name in stored if f"`{name}`" not in document} == set()
