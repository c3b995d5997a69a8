"""Commands on what belongs to a city: its catalogue, addresses and map, and which unit a report goes to."""
