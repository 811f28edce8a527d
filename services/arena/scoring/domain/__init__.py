"""The rules of scoring: pure functions of facts; time is an argument."""
