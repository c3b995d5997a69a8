"""What a catalogue says to staff alone: units, areas, routing rules, deadlines, priorities."""
