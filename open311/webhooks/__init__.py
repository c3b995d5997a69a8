"""Webhooks: who is told of what by HTTP, signed, with every attempt on record."""
