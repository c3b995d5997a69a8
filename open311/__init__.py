"""An Open311 GeoReport v2 server for cities."""

__version__ = "0.2.0.dev0"
