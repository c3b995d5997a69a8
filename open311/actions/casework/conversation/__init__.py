"""What is said about a report that is no part of it: with whoever sent it, and among staff."""
