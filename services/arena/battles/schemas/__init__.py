"""What goes in and out of the battles' API."""
