"""Accounts and roles, texts used again and again, the audit log, and how satisfied people were."""
