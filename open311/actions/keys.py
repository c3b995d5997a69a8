"""API keys: who may do what."""

from collections.abc import Iterable

from open311.base.errors import ConfigurationError, Forbidden, problem
from open311.core import Core
from open311.model.keys import Key, Scope, digest, new_secret
from open311.storage import keys

LONGEST_NAME = 200


def find_key(core: Core, secret: str | None) -> Key | None:
    """The key behind a secret; None when there is none in force, which a reader need not mind."""
    if not secret:
        return None
    with core.database.read() as conn:
        return keys.find(conn, digest(secret))


def require(key: Key | None, scope: Scope) -> Key:
    """The key, if it has this right; raises `Forbidden`."""
    if key is None:
        raise Forbidden(problem("error.key.needed"))
    if not key.may(scope):
        raise Forbidden(problem("error.key.scope", scope=scope.value))
    return key


def add_key(core: Core, name: str, scopes: Iterable[Scope]) -> str:
    """Make a key and return it; it cannot be shown again, since only its hash is kept.

    Raises `ConfigurationError` for a name that is taken, or that nobody could read or type again.
    """
    if not name.strip() or not name.isprintable() or len(name) > LONGEST_NAME:
        raise ConfigurationError(f"a key needs a name of 1 to {LONGEST_NAME} printable characters")
    secret = new_secret()
    with core.database.begin() as conn:
        if keys.exists(conn, name):
            raise ConfigurationError(f"there is a key named {name!r} already; choose another name")
        keys.add(conn, name, digest(secret), scopes, core.now())
    return secret


def list_keys(core: Core) -> list[Key]:
    """Every key, the revoked ones too."""
    with core.database.read() as conn:
        return keys.all_keys(conn)


def revoke_key(core: Core, name: str) -> None:
    """Take a key out of force at once."""
    with core.database.begin() as conn:
        if not keys.revoke(conn, name, core.now()):
            raise ConfigurationError(f"no key named {name!r} is in force; `open311 key list` shows them all")
