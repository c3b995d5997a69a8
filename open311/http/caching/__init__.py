"""A cache of whole responses, and single flight for those that it does not hold yet."""
