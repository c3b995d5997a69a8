"""What staff do beside the acts on one case: many at once, saved views, templates, the mailbox, senders they block."""
