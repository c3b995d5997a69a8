"""Modules and tests stay to the end: nobody looks for garbage among them.

Python would go through all of them again and again: a third of collecting, and a twentieth of each test.
"""

import gc

import pytest

gc.disable()


@pytest.hookimpl(trylast=True)
def pytest_collection_finish() -> None:
    """From here on there is garbage, seldom in circles."""
    gc.freeze()
    gc.set_threshold(2_000, 20, 20)
    gc.enable()
