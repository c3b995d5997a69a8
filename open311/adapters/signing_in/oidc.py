"""OpenID Connect with the city's own identity provider: the authorization code flow, with PKCE and a nonce.

The operator names the issuer, so it may lie inside the city's network; time and size are bounded all the same.
"""

import base64
import hashlib
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode, urlsplit

import httpx2

from open311.adapters import safe_http
from open311.settings import Settings

SECONDS = 10.0
MOST_BYTES = 512 * 1024
SCOPE = "openid email profile"
# Signatures that only the issuer can make; none by a shared secret, and never "none".
ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512"]
# The clocks of two servers differ.
LEEWAY_SECONDS = 60


class SsoFailed(Exception):
    """The provider cannot be reached, or its answer does not hold; the reason is for the log."""


@dataclass(frozen=True, slots=True)
class AuthorizationRequest:
    """The secrets of one sign-in: `state` ties it to the browser, `nonce` to the ID token, `verifier` to the code."""

    state: str
    nonce: str
    verifier: str


def new_authorization_request() -> AuthorizationRequest:
    return AuthorizationRequest(*(secrets.token_urlsafe(32) for _ in range(3)))


def authorization_url(
    settings: Settings, authorization: AuthorizationRequest, redirect_uri: str, *, reauthenticate: bool
) -> str:
    """Where the browser is sent; with `reauthenticate` the provider has to ask for the password in any case."""
    challenge = base64.urlsafe_b64encode(hashlib.sha256(authorization.verifier.encode()).digest()).rstrip(
        b"="
    )
    query = {
        "response_type": "code",
        "client_id": str(settings.sso_client_id),
        "redirect_uri": redirect_uri,
        "scope": SCOPE,
        "state": authorization.state,
        "nonce": authorization.nonce,
        "code_challenge": challenge.decode(),
        "code_challenge_method": "S256",
        **({"prompt": "login", "max_age": "0"} if reauthenticate else {}),
    }
    endpoint = _metadata(settings)["authorization_endpoint"]
    return f"{endpoint}{'&' if urlsplit(endpoint).query else '?'}{urlencode(query)}"


def claims(
    settings: Settings, authorization: AuthorizationRequest, code: str, redirect_uri: str, now: datetime
) -> Mapping[str, Any]:
    """The verified claims of the ID token that this code is good for; raises `SsoFailed`."""
    metadata = _metadata(settings)
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": redirect_uri,
        "code_verifier": authorization.verifier,
        "client_id": str(settings.sso_client_id),
        "client_secret": settings.sso_client_secret or "",
    }
    tokens = _document(
        "POST", metadata["token_endpoint"], {name: value for name, value in form.items() if value}
    )
    keys = _document("GET", metadata["jwks_uri"])
    # Loaded here: with what they need they take as long to load as all tables of the database.
    from joserfc import jwt
    from joserfc.errors import JoseError
    from joserfc.jwk import KeySet

    expected = jwt.JWTClaimsRegistry(
        now=int(now.timestamp()),
        leeway=LEEWAY_SECONDS,
        iss={"essential": True, "value": str(settings.sso_issuer)},
        aud={"essential": True, "value": str(settings.sso_client_id)},
        sub={"essential": True},
        exp={"essential": True},
        nonce={"essential": True, "value": authorization.nonce},
    )
    try:
        token = jwt.decode(str(tokens.get("id_token")), KeySet.import_key_set(keys), algorithms=ALGORITHMS)  # type: ignore[arg-type]
        expected.validate(token.claims)
    except (JoseError, ValueError, KeyError, TypeError) as reason:
        raise SsoFailed(f"the ID token does not hold: {type(reason).__name__} {reason}") from None
    claims_of_token: Mapping[str, Any] = token.claims
    if not isinstance(claims_of_token.get("sub"), str) or not 0 < len(claims_of_token["sub"]) <= 255:
        raise SsoFailed("the subject is no text")
    return claims_of_token


def _metadata(settings: Settings) -> dict[str, str]:
    issuer = str(settings.sso_issuer)
    metadata = _document("GET", f"{issuer}/.well-known/openid-configuration")
    if str(metadata.get("issuer", "")).rstrip("/") != issuer:
        raise SsoFailed(f"the provider calls itself {metadata.get('issuer')!r}")
    names = ("authorization_endpoint", "token_endpoint", "jwks_uri")
    for name in names:
        address = metadata.get(name)
        # A plain http address among them would hand every code to a man in the middle.
        if not isinstance(address, str) or urlsplit(address).scheme != urlsplit(issuer).scheme:
            raise SsoFailed(f"{name} is no address of the kind of the issuer")
    return {name: metadata[name] for name in names}


def _document(method: str, url: str, form: Mapping[str, str] | None = None) -> dict[str, Any]:
    headers = {"Accept": "application/json"}
    if form is not None:
        headers["Content-Type"] = "application/x-www-form-urlencoded"
    try:
        answer = safe_http.send(
            method,
            url,
            headers=headers,
            content=urlencode(form or {}).encode(),
            most_bytes=MOST_BYTES,
            seconds=SECONDS,
            may_reach=lambda _: True,
        )
        document = json.loads(answer.body) if answer.status == 200 and not answer.cut else None
    except (safe_http.DestinationRefused, httpx2.HTTPError, OSError, ValueError, RecursionError) as reason:
        raise SsoFailed(f"{urlsplit(url).path}: {type(reason).__name__} {reason}") from None
    if not isinstance(document, dict):
        raise SsoFailed(f"{urlsplit(url).path}: status {answer.status}, and no JSON object")
    return document
