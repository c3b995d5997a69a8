"""What comes in beside the public form: telephone and counter, the mailbox, callers who ask again, blocked senders."""
