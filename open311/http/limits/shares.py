"""A semaphore with a quota for each address, so that no single client can fill it."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import cast

from flask import request

from open311.base.errors import Open311Error

EXPORTS = "open311.exports"
STAFF_EXPORTS = "open311.staff_exports"
# Each holds a thread for as long as its reader takes.
MOST_EXPORTS, MOST_EXPORTS_OF_ONE = 6, 2
# A room of their own: strangers cannot fill it. Sheets and workbooks take the processor for seconds.
MOST_STAFF_EXPORTS, MOST_STAFF_EXPORTS_OF_ONE = 3, 1


class Shares:
    """`most` places, of which `most_of_one` may go to the same address."""

    def __init__(self, most: int, most_of_one: int) -> None:
        self._most, self._most_of_one = most, most_of_one
        self._by_address: dict[str, int] = {}
        self._lock = threading.Lock()
        self.taken = 0

    def enter(self, address: str) -> bool:
        """Take a place for this address; whether there was one."""
        with self._lock:
            of_one = self._by_address.get(address, 0)
            if self.taken >= self._most or of_one >= self._most_of_one:
                return False
            self._by_address[address] = of_one + 1
            self.taken += 1
            return True

    def leave(self, address: str) -> None:
        """Give the place back."""
        with self._lock:
            self.taken -= 1
            # Taken out at zero: strangers choose the addresses, and a dictionary of them would grow for ever.
            left = self._by_address.pop(address) - 1
            if left:
                self._by_address[address] = left

    @contextmanager
    def within(self, address: str, otherwise: Callable[[], Open311Error]) -> Iterator[None]:
        """Have a place within the block; raises `otherwise` when there is none."""
        if not self.enter(address):
            raise otherwise()
        try:
            yield
        finally:
            self.leave(address)


def exports() -> dict[str, Shares]:
    """The rooms for exports that one server writes at once, by their names in the environment of a request."""
    return {
        EXPORTS: Shares(MOST_EXPORTS, MOST_EXPORTS_OF_ONE),
        STAFF_EXPORTS: Shares(MOST_STAFF_EXPORTS, MOST_STAFF_EXPORTS_OF_ONE),
    }


def of_exports(room: str = EXPORTS) -> Shares:
    """The exports that are written by the server that answers this request."""
    return cast(Shares, request.environ[room])
