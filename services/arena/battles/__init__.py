"""Battles: who meets whom, when, and where a battle stands. The standings are scoring's."""
