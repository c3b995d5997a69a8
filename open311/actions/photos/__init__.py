"""Photos: taken in, stored, blackened, fetched from elsewhere."""
