"""The rules of accounts, sessions and invitations. Pure."""
