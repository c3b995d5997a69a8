"""Who wants to hear of what, which mail an event is, what links in mails open, how many there may be."""
