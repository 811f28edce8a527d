"""What a user or an administrator makes happen in identity. Opens and commits nothing."""
