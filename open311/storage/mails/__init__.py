"""Mails that came in, mails that left, and senders who are blocked."""
