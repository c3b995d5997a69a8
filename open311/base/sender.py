"""For whom this thread works: the network he sends from, and the place that he keeps from others meanwhile."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sender:
    """A network, as rate limits count it, and how to give up one's place for the length of a block."""

    network: str = ""
    leave: Callable[[], AbstractContextManager[object]] = nullcontext


NOBODY = Sender()
_sender: ContextVar[Sender] = ContextVar("sender", default=NOBODY)


@contextmanager
def working_for(sender: Sender) -> Iterator[None]:
    """Within the block this thread works for him."""
    token = _sender.set(sender)
    try:
        yield
    finally:
        _sender.reset(token)


@contextmanager
def waiting_outside() -> Iterator[str]:
    """Within the block others may have his place, since this thread computes nothing; his network."""
    sender = _sender.get()
    with sender.leave():
        yield sender.network
