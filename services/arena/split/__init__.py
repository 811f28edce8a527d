"""The platform as several processes: what serves, what works, what migrates, and a PostgreSQL for small clusters."""
