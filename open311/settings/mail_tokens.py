"""Sources of OAuth 2.0 tokens, for mailboxes that take no password."""

from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

EXAMPLE = (
    "https://client-id:client-secret@login.example.org/oauth2/token?scope=… or exec:///usr/local/bin/program, "
    "which prints a token"
)
THIS_MACHINE = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenSource:
    """A program that prints a token for the user it is given, or else an endpoint that knows us by a secret."""

    program: Path | None = None
    endpoint: str = ""
    client_id: str = ""
    client_secret: str = field(default="", repr=False)
    scope: str = ""


def mail_token_source(raw: str) -> TokenSource:
    """Where tokens come from; raises `ValueError` with what is allowed."""
    try:
        parts = urlsplit(raw)
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        raise ValueError(EXAMPLE) from None
    if parts.scheme == "exec" and not parts.netloc and Path(unquote(parts.path)).is_absolute():
        return TokenSource(program=Path(unquote(parts.path)))
    query = dict(parse_qsl(parts.query))
    scope = query.pop("scope", "")
    host = parts.hostname or ""
    # The secret of the client goes there.
    is_safe = parts.scheme == "https" or (parts.scheme == "http" and host in THIS_MACHINE)
    if not (is_safe and host and parts.username and parts.password) or query or parts.fragment:
        raise ValueError(EXAMPLE)
    return TokenSource(
        endpoint=f"{parts.scheme}://{f'[{host}]' if ':' in host else host}{port}{parts.path}",
        client_id=unquote(parts.username),
        client_secret=unquote(parts.password),
        scope=scope,
    )
