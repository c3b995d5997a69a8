"""The tables. Public data, internal data and personal data never share one."""

from open311.storage.tables.base import Xid8, metadata
from open311.storage.tables.history import events, updaters, updates
from open311.storage.tables.requests import media, reporters, service_requests, submissions, tokens
from open311.storage.tables.server import catalogues, instance, keys, map_cells, map_changes, services

__all__ = [
    "Xid8",
    "catalogues",
    "events",
    "instance",
    "keys",
    "map_cells",
    "map_changes",
    "media",
    "metadata",
    "reporters",
    "service_requests",
    "services",
    "submissions",
    "tokens",
    "updaters",
    "updates",
]
