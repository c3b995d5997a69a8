"""Commands on stored reports: requests, their updates and photos, orders about them."""
