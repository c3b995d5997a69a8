"""What a city would otherwise pick, over the same rows: tipg, pygeoapi, and a small Django application."""
