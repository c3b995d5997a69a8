"""The open, repeatable Open311 benchmark; README.md says how to run it and how to read it."""
