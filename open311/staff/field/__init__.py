"""Rounds in the field, with a telephone that may be offline, or on paper."""
