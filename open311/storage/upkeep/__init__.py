"""The database as its operator sees it: schema, identity, backups, erasures, figures."""
