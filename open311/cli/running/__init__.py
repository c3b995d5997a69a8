"""Commands that run the server or look after it: processes, tables, jobs, backups, the demo, the doctor."""
