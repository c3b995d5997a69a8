"""The list of reports and the map beside it."""
