"""Accounts of the staff: made and ended, signed in to in three ways, and their audit log."""
