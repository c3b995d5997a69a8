"""Mails as they are written and sent: to followers, reporters, objectors and contractors."""
