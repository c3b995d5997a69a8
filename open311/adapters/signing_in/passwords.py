"""Passwords: hashed by Argon2id, and held against what guessers try first."""

from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from open311.base.errors import Problem, problem
from open311.model.staff.accounts import LONGEST_PASSWORD, SHORTEST_PASSWORD

# OWASP's choice for servers; the library's own default takes 64 MiB and four threads a try.
_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
# Whoever knows all common passwords, names and patterns needs at least so many guesses.
LEAST_GUESSES = 10**8
# The estimate takes long for long texts, and says nothing about them.
_JUDGED = 64


def hashed(password: str) -> str:
    return _hasher.hash(_bytes(password))


def is_right(password_hash: str | None, password: str) -> bool:
    """Whether this is the password; it takes as long where there is none to compare with."""
    try:
        _hasher.verify(password_hash or _nobodys(), _bytes(password))
    except (VerificationError, InvalidHashError):
        return False
    return password_hash is not None


def is_outdated(password_hash: str) -> bool:
    """Whether it was hashed in a way that is no longer ours."""
    return _hasher.check_needs_rehash(password_hash)


def problems(password: str, known: tuple[str, ...]) -> list[Problem]:
    """What is wrong with a new password; `known` are words that everybody can find out about its owner."""
    if len(password) < SHORTEST_PASSWORD:
        return [problem("desk.password.short", least=SHORTEST_PASSWORD)]
    if len(password) > LONGEST_PASSWORD:
        return [problem("desk.password.long", most=LONGEST_PASSWORD)]
    # Loaded only here: its lists of words take their time.
    from zxcvbn import zxcvbn

    if zxcvbn(password[:_JUDGED], user_inputs=list(known))["guesses"] < LEAST_GUESSES:
        return [problem("desk.password.common")]
    return []


def _bytes(password: str) -> bytes:
    return password.encode("utf-8", "surrogatepass")


@cache
def _nobodys() -> str:
    return _hasher.hash("nobody has this password")
