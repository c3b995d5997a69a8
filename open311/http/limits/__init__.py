"""What a stranger could use up is bounded here: threads, connections, exports, requests a minute."""
