"""Everything that changes something; each action owns its transaction and writes down what happened."""
