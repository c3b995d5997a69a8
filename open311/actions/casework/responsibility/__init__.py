"""Who works on a report: the rules of the catalogue first, people after them."""
