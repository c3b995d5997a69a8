"""Reports that wait for a check: the queue, the page that decides one in one press, and objections to public ones."""
