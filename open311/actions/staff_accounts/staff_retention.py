"""Forgetting about the staff: sessions and brakes that are over, accounts that have ended, old lines of the log."""

from datetime import timedelta

from open311.actions.desk.bulk import KEPT_FOR as BULK_KEPT_FOR
from open311.actions.staff_accounts import accounts as actions
from open311.actions.staff_accounts.idempotency import KEPT_FOR as KEYS_KEPT_FOR
from open311.core import Core
from open311.model.access.actor import WORKER
from open311.model.casework.export_files import KEPT_FOR as EXPORTS_KEPT_FOR
from open311.model.staff.accounts import NAMES_KEPT_FOR
from open311.model.staff.audit import SIGN_INS_KEPT_FOR, AuditKind
from open311.storage.desk import bulk as bulk_storage
from open311.storage.desk import export_files, rounds
from open311.storage.staff_accounts import (
    access_tokens,
    accounts,
    audit,
    idempotency_keys,
    sessions,
    sign_in_brakes,
)


def tidy(core: Core) -> None:
    """Do all that is due by now; done twice it changes nothing more."""
    now = core.now()
    idle = timedelta(minutes=core.settings.session_idle_minutes)
    with core.database.begin() as conn:
        sessions.prune(conn, now, idle)
        sign_in_brakes.prune(conn, now)
        accounts.prune_links(conn, now)
        access_tokens.prune(conn, now)
        idempotency_keys.prune(conn, now - KEYS_KEPT_FOR)
        bulk_storage.prune(conn, now - BULK_KEPT_FOR)
        rounds.prune(conn, now)
        export_files.prune(conn, now - EXPORTS_KEPT_FOR)
        for account_id in accounts.end_due(conn, now):
            actions.close(conn, account_id)
            audit.append(conn, now, str(WORKER), AuditKind.ACCOUNT_ENDED, f"account:{account_id}")
        accounts.forget_left(conn, now - NAMES_KEPT_FOR)
        kept = timedelta(days=core.settings.audit_days)
        audit.forget(conn, sign_ins_before=now - SIGN_INS_KEPT_FOR, all_before=now - kept)
