"""What the staff desk reads and keeps, beside the cases themselves."""
