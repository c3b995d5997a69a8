"""Places, short distances and the squares of a web map."""
