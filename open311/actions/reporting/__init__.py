"""What citizens and programs send: reports and drafts of them, updates, objections, and that one is affected, too."""
