"""The desk under test."""

from tests.staff.desk import desk as desk
