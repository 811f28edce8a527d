"""What the plan core needs of the world; each is a Protocol of at most five verbs."""
