"""Send a webhook, signed as Standard Webhooks says."""

import time
from datetime import datetime

import httpx2
from standardwebhooks.webhooks import Webhook

from open311.adapters import safe_http
from open311.adapters.safe_http import DestinationRefused, MayReach, PrivateDestination
from open311.webhooks.model import Attempt
from open311.webhooks.payload import CONTENT_TYPE

# More of an answer nobody reads.
MOST_BYTES = 16 * 1024
LONGEST_ERROR = 300


def send(
    url: str,
    secret: str,
    message_id: str,
    body: bytes,
    now: datetime,
    *,
    seconds: float,
    may_reach: MayReach = safe_http.is_public,
) -> Attempt:
    """Try once; whatever goes wrong is in the attempt, never raised."""
    headers = {
        "Content-Type": CONTENT_TYPE,
        "webhook-id": message_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(secret).sign(message_id, now, body.decode()),
    }
    began = time.monotonic()
    status, error = _answer(url, headers, body, seconds, may_reach)
    spent = int((time.monotonic() - began) * 1000)
    # What another server says; PostgreSQL stores no NUL.
    error_text = error.replace("\0", "")[:LONGEST_ERROR] if error else None
    return Attempt(datetime=now, status=status, milliseconds=spent, error=error_text)


def _answer(
    url: str, headers: dict[str, str], body: bytes, seconds: float, may_reach: MayReach
) -> tuple[int | None, str | None]:
    try:
        answer = safe_http.send(
            "POST",
            url,
            headers=headers,
            content=body,
            most_bytes=MOST_BYTES,
            seconds=seconds,
            may_reach=may_reach,
        )
    except PrivateDestination as reason:
        return None, f"{reason}; OPEN311_WEBHOOK_ALLOW_PRIVATE=on allows it"
    except (DestinationRefused, httpx2.HTTPError, OSError) as reason:
        return None, str(reason) or type(reason).__name__
    # A redirect is a failure, too: the operator approved this address, and another one gets no signed message.
    if 200 <= answer.status < 300:
        return answer.status, None
    return answer.status, f"the answer was {answer.status}"
