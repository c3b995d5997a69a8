"""OGC API Features, Parts 1 and 2: what QGIS, ArcGIS and GDAL connect to. Each jurisdiction is a collection."""
