"""HTTP of battles: parse, one call, shape the answer."""
