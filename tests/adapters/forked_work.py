"""What a fork server is given to do, by word."""

import os
import signal
import time
from typing import NoReturn


def load() -> None:
    """Nothing is needed."""


def answer(data: bytes, word: str) -> bytes:
    """Do it."""
    return {"echo": lambda: data, "parent": _parent, "crash": _crash, "fault": _fault, "sleep": _sleep}[
        word
    ]()


def _parent() -> bytes:
    return str(os.getppid()).encode()


def _crash() -> NoReturn:
    os.kill(os.getpid(), signal.SIGSEGV)
    raise AssertionError


def _fault() -> NoReturn:
    raise KeyError("a mistake of ours")


def _sleep() -> bytes:
    time.sleep(60)
    return b""
