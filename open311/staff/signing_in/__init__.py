"""Signing in by password, second factor, passkey or identity provider, and one's own account."""
