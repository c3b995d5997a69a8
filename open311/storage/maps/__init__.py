"""What is on a map: vector tiles, addresses, things with a number."""
