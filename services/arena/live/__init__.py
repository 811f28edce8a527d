"""Live standings: what scoring announces, with names, pushed to whoever watches. Keeps nothing that is not in the logs."""
