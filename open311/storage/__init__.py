"""The only home of SQL: functions that take a connection and give back frozen values."""
