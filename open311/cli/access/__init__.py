"""Commands on who may do what: accounts of the staff, API keys, and the log of what must be accounted for."""
