"""What things are and what is allowed: pure values and rules, without input or output."""
