"""Access to health details and metrics: from this machine, or with the operator's token."""

import hmac
from ipaddress import ip_address

from flask import request

from open311.http import current

# A proxy on this machine comes from this machine, too, but says for whom.
FORWARDED = ("X-Forwarded-For", "Forwarded", "X-Real-IP")


def may_see() -> bool:
    return _has_token() or _is_from_here()


def _has_token() -> bool:
    token = current.core().settings.operator_token
    sent = request.headers.get("Authorization", "").removeprefix("Bearer ")
    # In constant time, so that the answer does not tell how many letters were right.
    return bool(token) and hmac.compare_digest(sent.encode(), str(token).encode())


def _is_from_here() -> bool:
    if any(name in request.headers for name in FORWARDED):
        return False
    try:
        return ip_address(request.remote_addr or "").is_loopback
    except ValueError:
        return False
