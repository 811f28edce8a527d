"""What events and due times make happen in scoring, and what a user may ask of it."""
