"""Tests of the city's own map."""
