"""The SQL of notifications, and of what is known about people."""
