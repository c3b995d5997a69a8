"""What is known of people: which columns, for how long, shown to themselves, forgotten."""
