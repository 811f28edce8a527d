"""A PostgreSQL 18 of our own: started from a wheel, private to one process, safe to kill at any moment."""
