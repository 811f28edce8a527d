"""Generates docs/events.md: every log, its number, key, readers and events, from the registry in contracts."""

from collections.abc import Iterator
from dataclasses import fields
from inspect import getdoc
from typing import get_args, get_origin

from arena.contracts.registry import LOGS, PARTITIONS, Log

HEAD = f"""\
# The events

Generated from `services/arena/contracts` by `make generate`; edit the contracts, not this page.

A log is named `<owner>.<aggregate>`; its owner alone appends to it. Each has {PARTITIONS} partitions; the events of one key are in one
partition, in the order in which they were committed. Events carry ids, numbers and enums, never names, e-mail addresses, notes or titles.
"""


def type_name(annotation: object) -> str:
    """Write a type as a reader would: the same on every Python version."""
    if annotation is None or annotation is type(None):
        return "none"
    if annotation is Ellipsis:
        return "…"
    arguments = [type_name(argument) for argument in get_args(annotation)]
    origin = get_origin(annotation)
    if not arguments:
        return str(getattr(annotation, "__name__", annotation))
    if isinstance(origin, type) and origin.__name__ not in {"Union", "UnionType"}:
        return f"{origin.__name__}[{', '.join(arguments)}]"
    return " or ".join(arguments)


def event_lines(event: type) -> Iterator[str]:
    """Describe one event: what it says, then its fields."""
    yield f"**{event.__name__}**: {' '.join((getdoc(event) or '').split())}"
    yield ""
    yield from (f"- `{field.name}`: {type_name(field.type)}" for field in fields(event))
    yield ""


def log_lines(log: Log) -> Iterator[str]:
    """Describe one log."""
    yield f"## {log.number} · `{log.name}`"
    yield ""
    yield f"Keyed by `{log.key}`; read by {', '.join(log.readers) or 'nobody inside (for outside readers)'}."
    yield ""
    for event in log.events:
        yield from event_lines(event)


def render() -> str:
    """Return the whole page."""
    return "\n".join([HEAD, *(line for log in LOGS for line in log_lines(log))]).rstrip() + "\n"
