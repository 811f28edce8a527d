"""What crosses a boundary: ids, events, the registry of logs, the definition of a battle and of a civil day.

Frozen dataclasses and pure functions; imports the standard library only. `chassis` does not know this package, nor this one `chassis`.
"""
