"""Generates docs/events.md, every log with its events, and docs/events/, a page per event, from the contracts."""

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from enum import Enum
from typing import Any, NewType, get_args, get_origin, get_type_hints
from uuid import UUID

from arena.chassis.bus.kafka.avro_schemas import namespace_of, record_name
from arena.chassis.bus.versions import type_name, type_names
from arena.chassis.core import docstrings
from arena.contracts.registry import LOGS, PARTITIONS, Log
from tools.event_examples import example
from tools.event_releases import releases
from tools.event_schemas import types_in
from tools.source import sources

HEAD = f"""\
# The events

Generated from `services/arena/contracts` by `make generate`; edit the contracts, not this page.

A log is named `<owner>.<aggregate>`; its owner alone appends to it. Each has {PARTITIONS} partitions; the events of one key are in one
partition, in the order in which they were committed. Events carry ids, numbers and enums, never names, e-mail addresses, notes or titles.

In Kafka each log is a topic, `{namespace_of("<owner>.<aggregate>")}`; how a message looks there, and what may change about an event and
how, is told in [Events in Kafka](guides/events.md).
"""
SCHEMAS = "services/arena/contracts/schemas"
_WORDS = {str: "text", int: "integer", bool: "true or false", UUID: "UUID", date: "date", datetime: "instant in UTC", Any: "anything"}


def render() -> str:
    """The overview: every log, and a line per event that leads to its page."""
    return "\n".join([HEAD, *(line for log in LOGS for line in _log_lines(log))]).rstrip() + "\n"


def pages() -> dict[str, str]:
    """The page of every event, by its file's name."""
    return {f"{event.__name__}.md": "\n".join(_page(log, event)).rstrip() + "\n" for log in LOGS for event in log.events}


def type_words(hint: Any, *, local: bool = False) -> str:
    """A type as a reader would say it; what is described on the page is a link."""
    if isinstance(hint, NewType):
        return "UUIDv7"
    if local:
        return "local time"
    if isinstance(hint, type) and (is_dataclass(hint) or issubclass(hint, Enum)):
        return f"[{hint.__name__}](#{hint.__name__.lower()})"
    if get_origin(hint) is tuple:
        return f"list of {type_words(get_args(hint)[0])}"
    if get_origin(hint) is dict:
        return "object"
    parts = [argument for argument in get_args(hint) if argument is not type(None)]
    return f"{type_words(parts[0])} or null" if parts else _WORDS[hint]


def readers_of(event: type, log: Log) -> list[str]:
    """The services among a log's readers whose code names the event."""
    return [name for name in log.readers if event.__name__ in _words_of(name)]


def _words_of(service: str) -> str:
    return "\n".join(source.text for source in sources("services") if source.name.startswith(f"arena.{service}."))


def _log_lines(log: Log) -> Iterator[str]:
    yield f"## {log.number} · `{log.name}`"
    yield ""
    yield f"Keyed by `{log.key}`; read by {', '.join(log.readers) or 'nobody inside (for outside readers)'}."
    yield ""
    for event in log.events:
        yield f"* [{event.__name__}](events/{event.__name__}.md): {docstrings.of_class(event)}"
    yield ""


def _page(log: Log, event: type) -> Iterator[str]:
    yield f"# {event.__name__}"
    yield ""
    yield "Generated from `services/arena/contracts` by `make generate`; edit the contracts, not this page."
    yield ""
    yield docstrings.of_class(event)
    yield ""
    yield f"* Log: [`{log.name}`](../events.md#{log.number}--{log.name.replace('.', '')}), keyed by `{log.key}`"
    yield f"* Emitted by: {log.owner}"
    yield f"* Read by: {', '.join(readers_of(event, log)) or 'nobody inside (for outside readers)'}"
    yield f"* Version: {_versions(log, event)}"
    yield f"* Schemas: {_schemas(log, event)}"
    yield ""
    yield "## Fields"
    yield ""
    yield from _fields(event)
    yield ""
    yield "## Example"
    yield ""
    yield "```json"
    yield example(event)
    yield "```"
    yield from _parts(event)


def _versions(log: Log, event: type) -> str:
    """The version of today, and in which releases each is known."""
    since = [f"`{name}` {_since(log, name)}" for name in type_names(event)]
    return f"{len(since)} ({', '.join(since)})"


def _since(log: Log, name: str) -> str:
    known = [release for release, schemas in releases().items() if name in schemas.get(log.name, {})]
    return f"since {known[0]}" if known else "in no release yet"


def _schemas(log: Log, event: type) -> str:
    files = {"JSON Schema": f"{type_name(event)}.json", "Avro": f"{record_name(event)}.avsc"}
    return ", ".join(f"[{kind}](../../{SCHEMAS}/{log.name}/{name})" for kind, name in files.items())


def _fields(kind: type) -> Iterator[str]:
    hints = get_type_hints(kind)
    yield "| field | type | meaning |"
    yield "|---|---|---|"
    for slot in fields(kind):
        words = type_words(hints[slot.name], local=bool(slot.metadata.get("local")))
        yield f"| `{slot.name}` | {words} | {meaning(kind, slot.name, hints[slot.name])} |"


def meaning(kind: type, name: str, hint: Any) -> str:
    """What a field says: the text under it, or what its type says by itself; empty where neither does."""
    inside = [docstrings.of_class(part).partition(". ")[0].rstrip(".") + "." for part in types_in(hint)[:1]]
    ids = [f"of the {hint.__name__.removesuffix('Id').lower()}"] if isinstance(hint, NewType) else []
    return next((said for said in (docstrings.of_field(kind, name), *inside, *ids) if said), "")


def _parts(event: type) -> Iterator[str]:
    """The records and enums in an event, each described once."""
    for kind in dict.fromkeys(types_in(event)[1:]):
        yield from ("", f"## {kind.__name__}", "", docstrings.of_class(kind), "")
        if issubclass(kind, Enum):
            yield ", ".join(f"`{member.value}`" for member in kind)
        else:
            yield from _fields(kind)
