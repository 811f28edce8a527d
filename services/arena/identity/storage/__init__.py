"""SQL of identity; rows become domain objects here."""
