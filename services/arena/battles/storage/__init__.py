"""SQL of battles; rows become domain objects here."""
