"""One case: its page and line of time, why it is with its unit, what hangs outside, its photos and its work sheet."""
