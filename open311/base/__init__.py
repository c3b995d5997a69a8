"""What everybody may import: errors, texts in languages, dates, problems in words."""
