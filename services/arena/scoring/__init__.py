"""Scoring: streaks with reasons, and the standings of battles; derived from the ledger's facts, never from running totals."""
