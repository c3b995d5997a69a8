"""OGC API Features, Part 1: what QGIS, ArcGIS and GDAL connect to. Each jurisdiction is a collection of features."""
