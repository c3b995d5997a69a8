"""Reading other GeoReport servers, however they speak, page and encode."""
