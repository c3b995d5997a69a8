"""What the worker or an operator does for the server itself: tidying, counting, and what a restored backup needs."""
