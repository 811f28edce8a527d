"""SQL of scoring: the ledger's facts (`ledger`), the battles and their standings (`battles`), what was said of streaks (`streaks`)."""
