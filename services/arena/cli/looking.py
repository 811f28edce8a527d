"""`arena get`, `describe`: resources as kubectl would show them."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any

import typer
import yaml

from arena.chassis.db.unit_of_work import UnitOfWork
from arena.cli.console import out, say, show_json, table_of
from arena.cli.manifests import Files, KindWord, Namespace, NameWord, Reference, kind_of, referred
from arena.cli.resource_sources import Local, with_resources
from arena.embedded.resources import storage, use_cases
from arena.embedded.resources.objects import DEFAULT_NAMESPACE, manifest
from arena.embedded.resources.storage import Told

Json = Mapping[str, Any]
_BATTLE_COLUMNS = ("name", "phase", "start", "leader", "viewers", "ready", "age")
_SERIES_COLUMNS = ("name", "schedule", "zone", "suspend", "active", "next", "age")
_MINUTE, _HOUR, _DAY = 60, 3600, 86400


class Form(StrEnum):
    """How `get` answers."""

    TABLE = "table"
    JSON = "json"
    YAML = "yaml"


def get(
    kind: KindWord = None,
    name: NameWord = None,
    files: Files = None,
    namespace: Namespace = DEFAULT_NAMESPACE,
    everywhere: Annotated[bool, typer.Option("-A", "--all-namespaces", help="Of all namespaces.")] = False,  # noqa: FBT002 - an option
    form: Annotated[Form, typer.Option("-o", "--output", help="table, json or yaml.")] = Form.TABLE,
    key: Annotated[str | None, typer.Option(help="Of a ConfigMap: this entry as it is, such as result.json.")] = None,
) -> None:
    """Show battles, series and result ConfigMaps.

    One by name, those of a file, or all of a kind.
    """
    if kind is not None and name is None and not files:
        _show(Local().listing(kind_of(kind), None if everywhere else namespace), form, alone=False)
        return
    wanted = referred(kind, name, files, namespace)
    found = [Local().find(one) for one in wanted]
    if key is not None:
        for one in found:
            say(str((one.get("data") or {}).get(key, "")))
        return
    _show(found, form, alone=len(found) == 1)


def describe(kind: KindWord = None, name: NameWord = None, files: Files = None, namespace: Namespace = DEFAULT_NAMESPACE) -> None:
    """Tell everything about a resource.

    What is wanted, how it stands, what was told about it.
    """
    for wanted in referred(kind, name, files, namespace):
        described, events = with_resources(_everything(wanted))
        _describe(described, events)


def _everything(wanted: Reference) -> Any:
    async def read(uow: UnitOfWork) -> tuple[Json, list[Told]]:
        found = await use_cases.find(uow, *wanted)
        return manifest(found), await storage.told(uow, found.uid)

    return read


def _show(found: Sequence[Json], form: Form, *, alone: bool) -> None:
    whole: Any = found[0] if alone else {"apiVersion": "v1", "kind": "List", "items": list(found)}
    if form is Form.JSON:
        show_json(whole)
    elif form is Form.YAML:
        say(_yaml(whole))
    elif not found:
        say("there are none")
    else:
        for kind in dict.fromkeys(str(one["kind"]) for one in found):
            say(_table(kind, [one for one in found if one["kind"] == kind]))


def _table(kind: str, found: Sequence[Json]) -> str:
    """In columns, as kubectl does: a line is a resource, whatever the terminal's width."""
    columns, row = {
        "Battle": (_BATTLE_COLUMNS, _battle_row),
        "BattleSeries": (_SERIES_COLUMNS, _series_row),
    }.get(kind, (("name", "data"), _config_map_row))
    lines = [("NAMESPACE", *(column.upper() for column in columns))]
    lines += [(str(one["metadata"].get("namespace", DEFAULT_NAMESPACE)), *row(one)) for one in found]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join("   ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines)


def _battle_row(one: Json) -> tuple[str, ...]:
    status = one.get("status") or {}
    ready = next((c["status"] for c in status.get("conditions", ()) if c.get("type") == "Ready"), "")
    start = (status.get("window") or {}).get("start", "")
    name, age = str(one["metadata"]["name"]), _age(one)
    return name, status.get("phase", "Pending"), start, status.get("leader", ""), str(status.get("viewers", 0)), ready, age


def _series_row(one: Json) -> tuple[str, ...]:
    spec, status = one["spec"], one.get("status") or {}
    name, suspend = str(one["metadata"]["name"]), str(spec.get("suspend", False)).lower()
    active = str(len(status.get("active", ())))
    return name, spec["schedule"], spec["timeZone"], suspend, active, status.get("nextSchedule", ""), _age(one)


def _config_map_row(one: Json) -> tuple[str, ...]:
    return str(one["metadata"]["name"]), ", ".join(one.get("data") or {})


def _describe(one: Json, events: Sequence[Told]) -> None:
    say(_yaml({name: value for name, value in one.items() if name != "status"}))
    status = dict(one.get("status") or {})
    conditions = status.pop("conditions", [])
    if status:
        say(_yaml({"status": status}))
    if conditions:
        table = table_of("condition", "status", "reason", "message", "since")
        for condition in conditions:
            table.add_row(*(str(condition.get(name, "")) for name in ("type", "status", "reason", "message", "lastTransitionTime")))
        out.print(table)
    if events:
        table = table_of("event", "reason", "message", "times", "last")
        for told in events:
            table.add_row("Warning" if told.warning else "Normal", told.reason, told.message, str(told.times), f"{told.last_at:%F %T}Z")
        out.print(table)


def _yaml(value: Any) -> str:
    text: str = yaml.safe_dump(value, sort_keys=False, allow_unicode=True, width=120)
    return text.rstrip()


def _age(one: Json) -> str:
    made = datetime.fromisoformat(one["metadata"]["creationTimestamp"])
    seconds = max(0, int((datetime.now(UTC) - made).total_seconds()))
    unit, word = next(((unit, word) for unit, word in ((_DAY, "d"), (_HOUR, "h"), (_MINUTE, "m")) if seconds >= 2 * unit), (1, "s"))
    return f"{seconds // unit}{word}"
