"""The request and the rows beside it (case, token, reporter), one at a time, written by PostgreSQL, or many by COPY."""
