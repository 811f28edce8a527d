"""The events, one module per owning service. Ids, numbers and enums only: nothing in here is erased with a person."""
