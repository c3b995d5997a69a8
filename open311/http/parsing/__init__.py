"""Requests of old and careless clients, read leniently: spelling of addresses, encodings, codings of bodies."""
