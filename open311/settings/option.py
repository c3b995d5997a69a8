"""One setting: its variable, how it is read, what it means."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from open311.base.errors import ConfigurationError


@dataclass(frozen=True, slots=True)
class Option:
    """One row of the table: variable, how it is read, value when unset, what it means."""

    variable: str
    parse: Callable[[str], Any]
    default: str | None
    meaning: str
    # A value that may hold a password is never repeated, since what stops a start ends in logs.
    secret: bool = False

    @property
    def field(self) -> str:
        return self.variable.removeprefix("OPEN311_").lower()

    def read(self, environ: Mapping[str, str]) -> Any:
        """The value in force; `ConfigurationError` when it is not allowed."""
        raw = self._raw(environ)
        if raw is None:
            return None
        try:
            return self.parse(raw)
        except ValueError as allowed:
            shown = "not allowed as it is" if self.secret else repr(raw)
            raise ConfigurationError(f"{self.variable} is {shown}; allowed is {allowed}") from None

    def _raw(self, environ: Mapping[str, str]) -> str | None:
        from_file = environ.get(f"{self.variable}_FILE")
        # Set but empty counts as unset: compose files and systemd units leave things out that way.
        if environ.get(self.variable):
            return environ[self.variable].strip()
        if not from_file:
            return self.default
        try:
            return Path(from_file).read_text(encoding="utf-8").strip()
        except OSError as reason:
            raise ConfigurationError(f"{self.variable}_FILE cannot be read: {reason}") from None
        except UnicodeDecodeError:
            raise ConfigurationError(f"{self.variable}_FILE names {from_file}, which is not UTF-8") from None
