"""Front door: open data, for dashboards, GIS programs and feed readers. Everything here only reads."""
