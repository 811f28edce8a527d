"""The schemas of the events as each release had them, in services/arena/contracts/released; never changed once it is out.

`make release-schemas` writes those of the version in pyproject.toml, from the generated ones. Standard library only.
"""

import json
from pathlib import Path
from typing import Any, TypeAlias

from tools.setup_venv import ROOT
from tools.version import project_version

SCHEMAS = ROOT / "services" / "arena" / "contracts" / "schemas"
RELEASED = ROOT / "services" / "arena" / "contracts" / "released"

Schemas: TypeAlias = dict[str, dict[str, Any]]
"""By log and type name."""


def today() -> Schemas:
    """As `make generate` wrote them."""
    found: Schemas = {}
    for path in sorted(SCHEMAS.glob("*/*.json")):
        found.setdefault(path.parent.name, {})[path.stem] = json.loads(path.read_text("utf-8"))
    return found


def releases() -> dict[str, Schemas]:
    """By version, the oldest first."""
    paths = sorted(RELEASED.glob("*.json"), key=lambda path: [int(part) for part in path.stem.split(".")])
    return {path.stem: json.loads(path.read_text("utf-8")) for path in paths}


def freeze() -> Path:
    """Write today's as those of the version that is being released."""
    path = RELEASED / f"{project_version()}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(today(), ensure_ascii=False, indent=1) + "\n", "utf-8")
    return path


def unfrozen() -> list[str]:
    """What is wrong with the file of the version that is being released."""
    frozen = releases().get(project_version())
    if frozen == today():
        return []
    name = f"services/arena/contracts/released/{project_version()}.json"
    return [f"{name} is not what the schemas are today: run `make release-schemas` and commit"]
