"""Signing in to mail servers by OAuth 2.0: a token from a program or by client credentials (RFC 6749, 4.4).

IMAP and SMTP take it by the mechanism XOAUTH2, which the libraries that we talk to them with pass on as it is.
"""

import json
import os
import subprocess
import threading
import time
from functools import lru_cache
from urllib.parse import urlencode

import httpx2

from open311.adapters import safe_http
from open311.settings.mail_tokens import TokenSource

SECONDS = 20.0
# An answer with a token has a few kilobytes, whatever a wrong address sends.
MOST_BYTES = 64 * 1024
# A token that is about to end is not begun with; one whose end is unknown is asked for again each time.
MARGIN_SECONDS = 60.0
# Of our environment a program gets all but what it has no business with.
OURS = ("OPEN311_", "DATABASE_URL", "PG")


class NoToken(Exception):
    """No token is to be had now; why."""


def xoauth2(user: str, token: str) -> str:
    """What a client says first in this mechanism."""
    return f"user={user}\x01auth=Bearer {token}\x01\x01"


def token_for(source: TokenSource | None, user: str) -> str:
    """A token by which a mailbox can be signed in to; raises `NoToken`."""
    if source is None:
        raise NoToken("OPEN311_MAIL_TOKEN is unset, and the mailbox names no password")
    if source.program is not None:
        return _printed_by(source, user)
    return _granted(source).token()


def _printed_by(source: TokenSource, user: str) -> str:
    environ = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
    command = [str(source.program), user]
    try:
        ended = subprocess.run(command, capture_output=True, env=environ, timeout=SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired) as reason:
        raise NoToken(f"{source.program}: {reason}") from None
    if ended.returncode != 0:
        raise NoToken(f"{source.program} ended with status {ended.returncode}")
    return _checked(ended.stdout[:MOST_BYTES].decode("ascii", "replace").strip())


def _checked(token: str) -> str:
    """Nothing in it may end the answer that it becomes a part of."""
    if not token or not token.isascii() or not token.isprintable() or " " in token:
        raise NoToken("what came is no token")
    return token


class _Grant:
    """The token of an endpoint, asked for again when it ends."""

    def __init__(self, source: TokenSource) -> None:
        self._source = source
        self._token, self._ends = "", 0.0
        self._lock = threading.Lock()

    def token(self) -> str:
        with self._lock:
            if time.monotonic() >= self._ends:
                self._token, seconds = self._new_token()
                self._ends = time.monotonic() + seconds - MARGIN_SECONDS
            return self._token

    def _new_token(self) -> tuple[str, float]:
        form = {
            "grant_type": "client_credentials",
            "client_id": self._source.client_id,
            "client_secret": self._source.client_secret,
        }
        form |= {"scope": self._source.scope} if self._source.scope else {}
        try:
            answer = safe_http.send(
                "POST",
                self._source.endpoint,
                headers={"Accept": "application/json", "Content-Type": "application/x-www-form-urlencoded"},
                content=urlencode(form).encode(),
                most_bytes=MOST_BYTES,
                seconds=SECONDS,
                # The operator names it, and it may well be within their own network.
                may_reach=lambda _: True,
            )
            grant = json.loads(answer.body)
            seconds = float(grant.get("expires_in") or 0)
            token = str(grant.get("access_token") or "")
        except (safe_http.DestinationRefused, httpx2.HTTPError, OSError) as reason:
            raise NoToken(f"{self._source.endpoint}: {type(reason).__name__} {reason}") from None
        except (ValueError, TypeError, AttributeError, RecursionError):
            raise NoToken(f"{self._source.endpoint}: the answer is no JSON of a token") from None
        if answer.status != 200:
            raise NoToken(
                f"{self._source.endpoint}: status {answer.status} {str(grant.get('error', ''))[:100]}"
            )
        return _checked(token), seconds


@lru_cache(maxsize=8)
def _granted(source: TokenSource) -> _Grant:
    return _Grant(source)
