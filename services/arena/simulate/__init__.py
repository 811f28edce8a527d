"""Simulated people and generated exports: for demos, tests and load, through the public API only."""
