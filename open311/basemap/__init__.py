"""The city's own map: read from files, stored as features, served as tiles; and the addresses and things on it."""
