"""The outside world: an interface first, what is built in below it."""
