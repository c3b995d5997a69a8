"""One case: its page, notes and mentions, what it resembles, and what an act on it can take back."""
