"""HTTP of identity: parse, one call, shape the answer."""
