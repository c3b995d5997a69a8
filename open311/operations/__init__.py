"""What the operator looks at: is it ready, how much waits, what is wrong, what to do about it."""
