"""The IMAP server of the tests, which takes the password of its user as a token, too, by XOAUTH2."""

import sys
from collections.abc import Sequence
from typing import Any

from pymap.config import IMAPConfig
from pymap.main import main
from pysasl import SASLAuth
from pysasl.creds.external import ExternalCredentials
from pysasl.creds.plain import PlainCredentials
from pysasl.mechanism import ChallengeResponse
from pysasl.mechanism.oauth import OAuth2Mechanism


class Bearer(OAuth2Mechanism):
    """The mechanism of the library, which leaves it to others to look at the token."""

    def server_attempt(self, responses: Sequence[ChallengeResponse]) -> tuple[Any, None]:
        """The user, and the token in the place of a password."""
        claimed, _ = super().server_attempt(responses)
        assert isinstance(claimed, ExternalCredentials)
        return PlainCredentials(claimed.authzid, str(claimed._token)), None


def _mechanisms(_: IMAPConfig) -> SASLAuth:
    return SASLAuth([*SASLAuth.defaults().server_mechanisms, Bearer()])


if __name__ == "__main__":
    IMAPConfig.tls_auth = property(_mechanisms)  # type: ignore[assignment]
    sys.argv[0] = "pymap"
    main()
