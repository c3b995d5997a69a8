"""The second factor: six figures that an app on the telephone shows, another each half minute (RFC 6238)."""

import io
from datetime import datetime

import pyotp
import segno

# What apps assume without asking (RFC 6238, 5.2).
STEP_SECONDS = 30
# Some apps ignore any other number.
DIGITS = 6


def new_secret() -> str:
    return pyotp.random_base32()


def matching_step(secret: str, code: str, now: datetime) -> int | None:
    """The half minute whose code this is: the present one, or one of its neighbours for clocks that go wrong."""
    if not (len(code) == DIGITS and code.isascii() and code.isdigit()):
        return None
    present = int(now.timestamp()) // STEP_SECONDS
    codes = pyotp.TOTP(secret)
    for step in (present, present - 1, present + 1):
        if pyotp.utils.strings_equal(codes.generate_otp(step), code):
            return step
    return None


def code_at(secret: str, now: datetime) -> str:
    return pyotp.TOTP(secret).generate_otp(int(now.timestamp()) // STEP_SECONDS)


def address(secret: str, account: str, issuer: str) -> str:
    """What apps read."""
    return pyotp.TOTP(secret).provisioning_uri(name=account, issuer_name=issuer)


def picture(text: str) -> str:
    """A QR code as SVG that is in a page: dark on light whatever the colours of the page, no style inline."""
    out = io.BytesIO()
    segno.make(text, error="m").save(
        out,
        kind="svg",
        scale=5,
        border=4,
        dark="#000",
        light="#fff",
        xmldecl=False,
        svgns=True,
        omitsize=False,
    )
    return out.getvalue().decode()
