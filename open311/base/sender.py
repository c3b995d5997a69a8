"""Whose request this thread works on: the network it came from, and the place in admission that it holds."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sender:
    """A network, as rate limits count it, and a context manager that lends the place to another request."""

    network: str = ""
    leave: Callable[[], AbstractContextManager[object]] = nullcontext


NOBODY = Sender()
_sender: ContextVar[Sender] = ContextVar("sender", default=NOBODY)


@contextmanager
def working_for(sender: Sender) -> Iterator[None]:
    """Within the block this thread works for that sender."""
    token = _sender.set(sender)
    try:
        yield
    finally:
        _sender.reset(token)


@contextmanager
def waiting_outside() -> Iterator[str]:
    """Within the block another request may have the place, since this thread only waits; yields the network."""
    sender = _sender.get()
    with sender.leave():
        yield sender.network
