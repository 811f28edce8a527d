"""Versions of an event: how its type is called in a log, and how what was written under an older version is read today.

An event class says how older payloads become today's by `UPCASTS`, a class variable: pure functions from payload to payload, the
first from version 1 to 2, the next from 2 to 3. Their number plus one is the version; without them it is 1. A log holds the class's
name for version 1, `Name.v2` for version 2 and so on.
"""

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, TypeAlias

import msgspec

Payload: TypeAlias = dict[str, Any]
Upcast: TypeAlias = Callable[[Payload], Payload]


def upcasts_of(event: type) -> tuple[Upcast, ...]:
    """How its older payloads are brought up, from version 1 on."""
    found: tuple[Upcast, ...] = getattr(event, "UPCASTS", ())
    return found


@cache
def type_names(event: type) -> tuple[str, ...]:
    """What it is and was called in its log, the oldest version first and today's last."""
    later = (f"{event.__name__}.v{version}" for version in range(2, len(upcasts_of(event)) + 2))
    return (event.__name__, *later)


def type_name(event: type) -> str:
    """What it is called in its log today."""
    return type_names(event)[-1]


def decoders(event: type) -> dict[str, Callable[[str | bytes], Any]]:
    """By type name, what makes today's event of a payload; it raises `msgspec.MsgspecError`, or whatever an upcast raises."""
    former, upcasts = type_names(event)[:-1], upcasts_of(event)
    brought_up = {name: _upcasting(event, upcasts[number:]) for number, name in enumerate(former)}
    return {**brought_up, type_name(event): msgspec.json.Decoder(event).decode}


def _upcasting(event: type, upcasts: Sequence[Upcast]) -> Callable[[str | bytes], Any]:
    def decode(payload: str | bytes) -> Any:
        brought_up = msgspec.json.decode(payload, type=dict[str, Any])
        for upcast in upcasts:
            brought_up = upcast(brought_up)
        return msgspec.convert(brought_up, event)

    return decode
