"""Cases as files to take along."""
