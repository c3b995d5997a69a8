"""The SQL of federation."""
