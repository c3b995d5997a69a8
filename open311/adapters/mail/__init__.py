"""Mail servers: sending by SMTP, fetching by IMAP, signing in to both."""
