"""What wakes the passes: kopf's watches, due times, the leader's Lease; and the workers that run them."""
