"""What a developer's machine needs: a PostGIS of its own and made-up reports."""
