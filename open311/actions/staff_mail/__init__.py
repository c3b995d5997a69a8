"""Mails to the staff: sent at once, gathered, once a day, and as a deadline comes near."""
