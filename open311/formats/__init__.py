"""Values to bytes, pure: what the documents look like, and how they are written."""
