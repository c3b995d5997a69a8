"""Classes of the operator's own, named in settings as `package.module:Class`."""

from importlib import import_module
from typing import Any

from open311.base.errors import ConfigurationError


def class_named(name: str, setting: str) -> Any:
    """The class of this name, not yet made; raises `ConfigurationError`, which names the setting."""
    module, _, attribute = name.partition(":")
    try:
        return getattr(import_module(module), attribute)
    except (ImportError, AttributeError) as reason:
        raise ConfigurationError(f"{setting} is {name!r}: {reason}") from None
