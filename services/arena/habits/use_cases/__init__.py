"""What a user, an import or an event makes happen in the ledger. Opens and commits nothing."""
