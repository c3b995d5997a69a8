"""The tables. Public data, internal data and personal data never share one."""

from open311.storage.tables.base import Xid8, metadata
from open311.storage.tables.desk import (
    case_notes,
    case_originals,
    case_presence,
    case_questions,
    case_undo,
    cases,
    templates,
    views,
)
from open311.storage.tables.history import events, updaters, updates
from open311.storage.tables.intake import foreign_references, intakes
from open311.storage.tables.maps import addresses, assets, map_features, map_versions
from open311.storage.tables.outgoing import (
    forwarded_updates,
    forwards,
    stream_readers,
    webhook_attempts,
    webhook_messages,
    webhook_subscriptions,
)
from open311.storage.tables.people import (
    draft_photos,
    drafts,
    followers,
    mail_links,
    mail_messages,
    mail_requests,
)
from open311.storage.tables.requests import media, reporters, service_requests, submissions, tokens
from open311.storage.tables.server import (
    catalogues,
    erasures,
    instance,
    keys,
    map_cells,
    map_changes,
    services,
)
from open311.storage.tables.staff import (
    account_codes,
    account_links,
    accounts,
    audit,
    memberships,
    sessions,
    sign_in_brakes,
)

__all__ = [
    "Xid8",
    "account_codes",
    "account_links",
    "accounts",
    "addresses",
    "assets",
    "audit",
    "case_notes",
    "case_originals",
    "case_presence",
    "case_questions",
    "case_undo",
    "cases",
    "catalogues",
    "draft_photos",
    "drafts",
    "erasures",
    "events",
    "followers",
    "foreign_references",
    "forwarded_updates",
    "forwards",
    "instance",
    "intakes",
    "keys",
    "mail_links",
    "mail_messages",
    "mail_requests",
    "map_cells",
    "map_changes",
    "map_features",
    "map_versions",
    "media",
    "memberships",
    "metadata",
    "reporters",
    "service_requests",
    "services",
    "sessions",
    "sign_in_brakes",
    "stream_readers",
    "submissions",
    "templates",
    "tokens",
    "updaters",
    "updates",
    "views",
    "webhook_attempts",
    "webhook_messages",
    "webhook_subscriptions",
]
