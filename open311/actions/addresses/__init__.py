"""Words into places and back: by geocoder, within bounds, and by the city's own list of addresses."""
