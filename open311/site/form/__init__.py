"""Reporting on the public site, step by step."""
