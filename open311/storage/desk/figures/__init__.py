"""Figures of the desk: what is open now, and what became of what came in; the second is added up by the worker."""
