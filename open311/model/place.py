"""A place that words stand for."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Place:
    """An address, as people write it, and where it is."""

    address: str
    lat: float
    long: float
