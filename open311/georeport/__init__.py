"""The front door that speaks GeoReport v2."""
