"""Whether the public sees a report at all, until it is erased."""
