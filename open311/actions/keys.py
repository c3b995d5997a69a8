"""API keys: who may do what."""

from collections.abc import Collection, Iterable

from open311.base.errors import ConfigurationError, Forbidden, Invalid, NotFound, problem
from open311.core import Core
from open311.model.access.actor import Actor, Right, key_actor
from open311.model.access.keys import Key, Scope, digest, new_secret
from open311.model.staff.audit import AuditKind
from open311.storage import keys
from open311.storage.staff_accounts import audit

LONGEST_NAME = 200


def find_key(core: Core, secret: str | None) -> Key | None:
    """The key behind a secret; None when there is none in force, which a reader need not mind."""
    if not secret:
        return None
    # The memory of senders, too, knows no secret that somebody could read out of it.
    sealed = digest(secret)

    def stored() -> Key | None:
        with core.database.read() as conn:
            return keys.find(conn, sealed)

    return core.senders.get(sealed, core.database.freshness.senders_stamp, stored)


def require(key: Key | None, *scopes: Scope) -> Actor:
    """The actor with this key, if it has one of these scopes; raises `Forbidden`."""
    if key is None:
        raise Forbidden(problem("error.key.needed"))
    if not any(key.may(scope) for scope in scopes):
        # Any of them would do; the first is the one that somebody would ask for.
        raise Forbidden(problem("error.key.scope", scope=scopes[0].value))
    return key_actor(key)


def require_here(key: Key | None, jurisdiction_id: str) -> None:
    """Raise `Forbidden` for a key that is good for other jurisdictions only."""
    if key is not None and not key.covers(jurisdiction_id):
        raise Forbidden(problem("error.key.jurisdiction", jurisdiction_id=jurisdiction_id))


def add_key(
    core: Core,
    name: str,
    scopes: Iterable[Scope],
    jurisdictions: Collection[str] | None = (),
    *,
    actor: Actor,
) -> str:
    """Make a key and return it; it cannot be shown again, since only its hash is kept.

    It is good for the jurisdictions that are named, in any of their names; None means all, and where none is named it
    is the one that needs no naming. Raises `ConfigurationError` for a jurisdiction that is unknown or needs naming,
    and for a name that is taken, or that nobody could read or type again.
    """
    if not name.strip() or not name.isprintable() or len(name) > LONGEST_NAME:
        raise ConfigurationError(f"a key needs a name of 1 to {LONGEST_NAME} printable characters")
    bound = None if jurisdictions is None else _ids(core, jurisdictions)
    for jurisdiction_id in [None] if bound is None else bound:
        actor.require(Right.OPERATE, jurisdiction_id)
    allowed = sorted(scopes)
    secret = new_secret()
    with core.database.begin() as conn:
        if keys.exists(conn, name):
            raise ConfigurationError(f"there is a key named {name!r} already; choose another name")
        keys.add(conn, name, digest(secret), allowed, bound, core.now())
        audit.append(conn, core.now(), str(actor), AuditKind.KEY_ADDED, f"key:{name}", {"scopes": allowed})
    return secret


def _ids(core: Core, jurisdictions: Collection[str]) -> set[str]:
    known = ", ".join(catalogue.jurisdiction.jurisdiction_id for catalogue in core.catalogues.in_force)
    try:
        catalogues = [core.catalogues.find(name) for name in jurisdictions or (None,)]
    except NotFound as unknown:
        [reason] = unknown.problems
        no_jurisdiction = reason.values["jurisdiction_id"]
        raise ConfigurationError(
            f"no jurisdiction {no_jurisdiction!r} is in force; known are {known}"
        ) from None
    except Invalid:
        raise ConfigurationError(
            f"say for which jurisdiction the key is, with `--jurisdiction`, or `--all-jurisdictions`: {known}"
        ) from None
    return {catalogue.jurisdiction.jurisdiction_id for catalogue in catalogues}


def list_keys(core: Core) -> list[Key]:
    """Every key, the revoked ones too."""
    with core.database.read() as conn:
        return keys.all_keys(conn)


def revoke_key(core: Core, name: str, *, actor: Actor) -> None:
    """Take a key out of force at once."""
    actor.require(Right.OPERATE, None)
    with core.database.begin() as conn:
        if not keys.revoke(conn, name, core.now()):
            raise ConfigurationError(f"no key named {name!r} is in force; `open311 key list` shows them all")
        audit.append(conn, core.now(), str(actor), AuditKind.KEY_REVOKED, f"key:{name}")
