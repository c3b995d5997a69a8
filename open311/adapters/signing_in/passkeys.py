"""Passkeys (WebAuthn): options for the browser, and the verification of its response.

The library takes 15 MB, so a process has it when its first key is asked for, not before.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

# Attestations with certificates have a few kilobytes.
LONGEST_ANSWER = 20_000


class VerificationFailed(Exception):
    """The response does not fit the challenge, or is not signed by the key it names."""


@dataclass(frozen=True, slots=True)
class Site:
    """The site that keys are made for: they answer no other."""

    base_url: str
    name: str

    @property
    def host(self) -> str:
        """What the key is bound to; an IP address will not do in browsers, `localhost` will."""
        return urlsplit(self.base_url).hostname or ""

    @property
    def origin(self) -> str:
        """Where the page must have been."""
        parts = urlsplit(self.base_url)
        return f"{parts.scheme}://{parts.netloc}"


@dataclass(frozen=True, slots=True)
class NewKey:
    credential_id: bytes
    public_key: bytes
    sign_count: int


def to_register(
    site: Site, challenge: bytes, handle: bytes, email: str, name: str, known: Iterable[bytes]
) -> dict[str, Any]:
    """What a browser is asked for to make a key; those that there are already are not made twice."""
    import webauthn
    from webauthn.helpers.structs import (
        AuthenticatorSelectionCriteria,
        PublicKeyCredentialDescriptor,
        ResidentKeyRequirement,
        UserVerificationRequirement,
    )

    options = webauthn.generate_registration_options(
        rp_id=site.host,
        rp_name=site.name,
        user_id=handle,
        user_name=email,
        user_display_name=name,
        challenge=challenge,
        authenticator_selection=AuthenticatorSelectionCriteria(
            # Discoverable, so that one signs in without typing an address first.
            resident_key=ResidentKeyRequirement.REQUIRED,
            # By finger, face or PIN: only so a key alone counts as two factors.
            user_verification=UserVerificationRequirement.REQUIRED,
        ),
        exclude_credentials=[PublicKeyCredentialDescriptor(id=credential_id) for credential_id in known],
    )
    return _plain(webauthn.options_to_json(options))


def to_sign_in(site: Site, challenge: bytes) -> dict[str, Any]:
    """What a browser is asked for to sign in: any key for this site, unlocked by finger, face or PIN."""
    import webauthn
    from webauthn.helpers.structs import UserVerificationRequirement

    options = webauthn.generate_authentication_options(
        rp_id=site.host, challenge=challenge, user_verification=UserVerificationRequirement.REQUIRED
    )
    return _plain(webauthn.options_to_json(options))


def credential_id(answer: str) -> bytes:
    """Which key an answer says it is from; raises `VerificationFailed` for what is no answer."""
    import webauthn

    try:
        return webauthn.base64url_to_bytes(_plain(answer)["rawId"])
    except (KeyError, TypeError, ValueError):
        raise VerificationFailed from None


def registered(site: Site, challenge: bytes, answer: str) -> NewKey:
    """The key that a browser has made; raises `VerificationFailed`."""
    import webauthn
    from webauthn.helpers.exceptions import WebAuthnException

    try:
        registration = webauthn.verify_registration_response(
            credential=_plain(answer),
            expected_challenge=challenge,
            expected_rp_id=site.host,
            expected_origin=site.origin,
            require_user_verification=True,
        )
    except (WebAuthnException, KeyError, TypeError, ValueError):
        raise VerificationFailed from None
    return NewKey(registration.credential_id, registration.credential_public_key, registration.sign_count)


def signed(site: Site, challenge: bytes, answer: str, public_key: bytes, sign_count: int) -> int:
    """How often the key says it has signed, if the answer is its own; raises `VerificationFailed`."""
    import webauthn
    from webauthn.helpers.exceptions import WebAuthnException

    try:
        signature = webauthn.verify_authentication_response(
            credential=_plain(answer),
            expected_challenge=challenge,
            expected_rp_id=site.host,
            expected_origin=site.origin,
            credential_public_key=public_key,
            credential_current_sign_count=sign_count,
            require_user_verification=True,
        )
    except (WebAuthnException, KeyError, TypeError, ValueError):
        raise VerificationFailed from None
    return signature.new_sign_count


def _plain(text: str) -> dict[str, Any]:
    if len(text) > LONGEST_ANSWER:
        raise ValueError("too long")
    try:
        answer = json.loads(text)
    except RecursionError:
        raise ValueError("too deep") from None
    # The library takes any JSON, and asks a number for its `raw_id`.
    if not isinstance(answer, dict):
        raise ValueError("no object")
    return answer
