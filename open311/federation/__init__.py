"""Other GeoReport servers: harvested, imported from, forwarded to."""
