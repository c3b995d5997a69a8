"""Many cases at once: my day, the list and its map, saved views, acts on many, and what is taken along as a file."""
