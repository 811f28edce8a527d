"""Live standings: what scoring announces, with names, pushed to whoever watches. Keeps nothing but how many watch."""
