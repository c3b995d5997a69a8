"""Accounts of the staff: roles, passkeys, sessions, brakes on guessing, and the audit log."""
