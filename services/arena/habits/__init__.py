"""The civil-day ledger: habits, what a person logged on which day, settings, and the import of other apps' exports."""
