"""Who works at the desk: accounts, roles and rights, signing in, and the audit log."""
