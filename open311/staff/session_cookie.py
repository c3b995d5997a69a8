"""The cookie of a session: for the desk alone, so that no public page ever sees it."""

from ipaddress import ip_address
from urllib.parse import urlsplit

from flask import request
from werkzeug.wrappers import Response

from open311.http import current
from open311.site import addresses

SSO_COOKIE = "open311-staff-errand"
# `__Host-` would be stricter still, but asks for the path `/`, and then every public page would be sent the session.
SECURE, PLAIN = "__Secure-open311-staff", "open311-staff"


def is_secure() -> bool:
    """Whether this request came in by TLS, as far as we or the operator know."""
    return request.is_secure or (current.core().settings.base_url or "").startswith("https://")


def is_local() -> bool:
    """Whether this server is used on the machine it runs on, where nobody listens in."""
    host = urlsplit(f"//{request.host}").hostname or ""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def token() -> str | None:
    """The token that came with this request. By TLS a cookie without `__Secure-` is somebody else's work."""
    return request.cookies.get(SECURE if is_secure() else PLAIN) or None


def put(response: Response, session_token: str) -> None:
    """Have the browser keep the session until it is closed; how long that is good for is decided here."""
    secure = is_secure()
    response.set_cookie(
        SECURE if secure else PLAIN,
        session_token,
        path=_path(),
        secure=secure,
        httponly=True,
        # Not `Strict`: whoever follows a link in a mail to the desk would be asked to sign in again.
        samesite="Lax",
    )


def clear(response: Response) -> None:
    """Have the browser forget the session."""
    secure = is_secure()
    response.delete_cookie(
        SECURE if secure else PLAIN, path=_path(), secure=secure, httponly=True, samesite="Lax"
    )


def sso_state() -> str:
    """The sealed state of a sign-in by the identity provider."""
    return request.cookies.get(SSO_COOKIE, "")


def put_sso_state(response: Response, sealed: str) -> None:
    """Have the browser keep the state until the provider sends it back."""
    response.set_cookie(
        # `Lax`, since the browser comes back from another site, by GET.
        SSO_COOKIE,
        sealed,
        max_age=900,
        path=_path(),
        secure=is_secure(),
        httponly=True,
        samesite="Lax",
    )


def clear_sso_state(response: Response) -> None:
    """Have the browser forget that state."""
    response.delete_cookie(SSO_COOKIE, path=_path(), secure=is_secure(), httponly=True, samesite="Lax")


def _path() -> str:
    return f"{addresses.root()}/staff"
