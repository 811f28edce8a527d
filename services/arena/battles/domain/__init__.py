"""The rules of battles: pure; time and ids are arguments."""
