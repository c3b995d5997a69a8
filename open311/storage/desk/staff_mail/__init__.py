"""Which mails staff are to get, and which they have had."""
