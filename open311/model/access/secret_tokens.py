"""Unguessable tokens, and the digests that are stored in place of them."""

import hashlib
import re
import secrets

TOKEN = re.compile(r"[A-Za-z0-9_-]{1,100}")


def new_token() -> str:
    """192 random bits, in base64 for addresses."""
    return secrets.token_urlsafe(24)


def is_token(text: str) -> bool:
    """Whether this may be a token; what mail programs and guessers make of one may hold anything."""
    return TOKEN.fullmatch(text) is not None


def digest(token: str) -> str:
    """What is stored in place of a token. A plain hash is enough, since nobody can guess it."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
