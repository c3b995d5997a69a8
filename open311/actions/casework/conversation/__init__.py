"""What is said about a report that is no part of it: with the reporter, and among staff."""
