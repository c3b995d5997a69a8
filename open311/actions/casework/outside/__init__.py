"""Work that is done away from the desk: orders to contractors, rounds in the field."""
