"""Mail that comes in: fetched, read, put to the report that it answers, or kept for staff to decide about."""
