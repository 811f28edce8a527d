"""What pages show, worked out from what the API answers: pure, no I/O, the time is an argument."""
