"""What a report says, put right by staff: its words, its photos, its place and its service."""
