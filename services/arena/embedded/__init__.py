"""The all-in-one process: every service in one program, with a PostgreSQL of its own."""
