"""Encryption of secrets that we need again in clear, with a key that is not in the database.

The key is `OPEN311_STAFF_SECRET`, else a file of the data folder that is made when it is first needed. Several secrets
may be named: the first seals, all of them open.
"""

import base64
import hashlib
import hmac
import os
import secrets
from functools import lru_cache
from pathlib import Path

from open311.base.errors import ConfigurationError
from open311.settings import Settings

FILE = "staff-secret"


class SealBroken(Exception):
    """What was sealed cannot be decrypted: it was sealed with another key."""


class Vault:
    def __init__(self, secret: str) -> None:
        # Slow to load, and needed only once somebody has a second factor or comes by the identity provider.
        from cryptography.fernet import Fernet, MultiFernet

        keys = [hashlib.sha256(part.strip().encode()).digest() for part in secret.split(",") if part.strip()]
        self._box = MultiFernet([Fernet(base64.urlsafe_b64encode(key)) for key in keys])
        self._key = hashlib.sha256(b"fingerprint" + keys[0]).digest()

    def seal(self, text: str) -> str:
        return self._box.encrypt(text.encode()).decode()

    def open(self, sealed: str, *, seconds: int | None = None) -> str:
        """The text again; raises `SealBroken` for what was not sealed here, or more than `seconds` ago."""
        from cryptography.fernet import InvalidToken

        try:
            return self._box.decrypt(sealed.encode("utf-8", "replace"), ttl=seconds).decode()
        except InvalidToken:
            raise SealBroken from None

    def fingerprint(self, text: str) -> str:
        """A digest that nobody without the key can make or check."""
        return hmac.new(self._key, text.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()


def for_settings(settings: Settings) -> Vault:
    return _vault(settings.staff_secret or _from_file(settings.data_dir / FILE))


@lru_cache(maxsize=8)
def _vault(secret: str) -> Vault:
    return Vault(secret)


def _from_file(file: Path) -> str:
    try:
        if not file.exists():
            _make(file)
        return file.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as reason:
        raise ConfigurationError(
            f"{file} cannot be read or made ({reason}); set OPEN311_STAFF_SECRET"
        ) from None


def _make(file: Path) -> None:
    """Whole or not at all, and by one process alone: others read what it wrote."""
    file.parent.mkdir(parents=True, exist_ok=True)
    own = file.with_name(f".{FILE}.{secrets.token_hex(8)}")
    with os.fdopen(os.open(own, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as made:
        made.write(secrets.token_urlsafe(32) + "\n")
    try:
        # A link and not a rename: it fails where another process was first.
        os.link(own, file)
    except FileExistsError:
        return
    finally:
        own.unlink()
