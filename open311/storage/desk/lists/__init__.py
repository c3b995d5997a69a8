"""Lists of cases, and what is counted, searched and shown on a map of them."""
