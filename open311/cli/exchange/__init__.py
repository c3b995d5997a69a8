"""Commands between this server and others: import and export, harvest, forwards, webhooks, the check of a server."""
