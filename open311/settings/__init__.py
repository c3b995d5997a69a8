"""Settings: read from the environment once, checked, frozen.

Each setting is one row of `OPTIONS`. A value may also come from the file that `NAME_FILE` points to, as secrets do. A
wrong value stops the start with its name and what is allowed.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from open311.settings.mail_tokens import TokenSource
from open311.settings.mailboxes import MailboxAccount
from open311.settings.options import OPTIONS, shipped
from open311.settings.values import NO_STYLE

__all__ = ["NO_STYLE", "MailboxAccount", "Settings", "TokenSource", "load", "shipped"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The settings of one process, as `OPTIONS` describes them."""

    database_url: str | None
    pooler_url: str | None
    replica_url: str | None
    base_url: str | None
    allowed_hosts: tuple[str, ...]
    catalogue: Path
    data_dir: Path
    operator_token: str | None
    host: str
    port: int
    workers: int
    threads: int
    pool_size: int
    max_span_days: int
    max_body_mb: int
    check_boundary: bool
    test_endpoint: bool
    max_photos: int
    max_photo_mb: int
    media_store: str
    media_folder: Path | None
    media_bucket: str | None
    media_endpoint: str | None
    media_region: str
    media_access_key: str | None
    media_secret_key: str | None
    media_redirect: bool
    media_fetch_hosts: tuple[str, ...]
    webhook_allow_private: bool
    # Settings are cache keys of what is made from them, and a mapping is not hashable.
    forward_keys: Mapping[str, str] = field(hash=False)
    map_style_url: str | None
    map_file: Path | None
    map_closed_days: int
    geocoder: str
    detector: str
    smtp_url: str | None
    mail_from: str | None
    imap_url: tuple[MailboxAccount, ...]
    mail_token: TokenSource | None
    mails_per_hour: int
    mail_delay_seconds: int
    retention_days: int
    retention_open_days: int
    reports_per_hour: int
    proof_of_work: int
    staff: bool
    staff_secret: str | None
    staff_networks: tuple[str, ...]
    second_factor: str
    staff_names: str
    sso_issuer: str | None
    sso_client_id: str | None
    sso_client_secret: str | None
    sso_groups_claim: str
    sso_local: str
    sso_hours: int
    session_hours: int
    session_idle_minutes: int
    audit_days: int
    require_https: bool
    hsts_subdomains: bool
    trusted_proxies: int
    rate_limits: bool
    rate_limit_get: int
    rate_limit_post: int
    rate_limit_key: int
    traces_url: str | None
    log_format: str
    log_level: str

    @property
    def max_body_bytes(self) -> int:
        return self.max_body_mb * 1024 * 1024

    @property
    def address(self) -> str:
        """Where this server is found, for links where no request says so: the public address, else this machine's."""
        return self.base_url or f"http://{self.host}:{self.port}"


def load(environ: Mapping[str, str] = os.environ) -> Settings:
    """The settings in force; raises `ConfigurationError` at the first wrong one."""
    return Settings(**{option.field: option.read(environ) for option in OPTIONS})
