"""What a user, an event or a due time makes happen to a battle."""
