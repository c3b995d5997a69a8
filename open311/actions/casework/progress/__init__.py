"""How far a report has come: its status, its dates, and whether it is the same as another."""
