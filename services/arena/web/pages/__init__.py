"""One module a page: parse, client calls, render."""
