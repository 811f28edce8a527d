"""The HTTP door: one app factory, one error format, one way to authenticate, to page, to repeat safely."""
