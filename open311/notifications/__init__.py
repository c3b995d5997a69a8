"""Mail to citizens: who subscribed to what, what they are told, and when they are forgotten."""
