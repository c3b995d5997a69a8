"""What staff do with a report: the case, decisions, orders, rounds, notices, the list and its filters."""
