"""Write the names of telemetry.yaml as a Python module, so that code needs neither the file nor a YAML reader when it runs."""

from typing import Any

import yaml

from tools.source import ROOT


def render() -> str:
    """The module for the list."""
    names = yaml.safe_load((ROOT / "observability" / "telemetry.yaml").read_text("utf-8"))
    metrics = "\n".join(
        f"    {_text(name)}: Metric(\n"
        f"        {_text(entry['kind'])},\n        {_text(entry['unit'])},\n        {_text(entry['description'])},\n"
        f"        {_tuple(map(_text, entry['attributes']))},\n        {_tuple(map(str, entry.get('buckets', [])))},\n    ),"
        for name, entry in names["metrics"].items()
    )
    spans = "\n".join(
        f"    {_text(name)}: Span(\n"
        f"        {_text(entry['kind'])},\n        {_text(entry['description'])},\n"
        f"        {_tuple(map(_text, entry['attributes']))},\n    ),"
        for name, entry in names["spans"].items()
    )
    return f'''"""Generated from observability/telemetry.yaml by tools/telemetry_names.py: change that, then `make generate`."""

from typing import Final, NamedTuple


class Metric(NamedTuple):
    """A metric: kind of instrument, UCUM unit, description, attributes, upper bounds of the buckets."""

    kind: str
    unit: str
    description: str
    attributes: tuple[str, ...]
    buckets: tuple[float, ...]


class Span(NamedTuple):
    """A span of our own: kind, description, attributes."""

    kind: str
    description: str
    attributes: tuple[str, ...]


METRICS: Final[dict[str, Metric]] = {{
{metrics}
}}

SPANS: Final[dict[str, Span]] = {{
{spans}
}}
'''


def _text(words: object) -> str:
    return '"' + str(words).replace("\\", "\\\\").replace('"', '\\"') + '"'


def _tuple(items: Any) -> str:
    parts = list(items)
    return f"({', '.join(parts)}{',' if len(parts) == 1 else ''})"
