"""Write the generated files, or with `--check` prove that they are what would be written.

A generator is a function without arguments. One of a file returns its text; one of a folder returns the text of each file, by its place
in the folder, and nothing else lies there. It is registered below under what it makes.
"""

import sys
from collections.abc import Callable, Iterable
from importlib import import_module
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent

GENERATORS = {
    "charts/arena/README.md": "tools.charts:arena_readme",
    "charts/arena/values.schema.json": "tools.charts:arena_schema",
    "charts/arena-operator/README.md": "tools.charts:operator_readme",
    "charts/arena-operator/values.schema.json": "tools.charts:operator_schema",
    "charts/arena-crds/templates/crds/battles.yaml": "tools.crds:battles",
    "charts/arena-crds/templates/crds/battleseries.yaml": "tools.crds:series",
    "charts/arena-crds/templates/battles-under-way.yaml": "tools.crds:policy",
    "docs/events.md": "tools.event_reference:render",
    "docs/openapi.json": "tools.openapi:render",
    "services/arena/chassis/core/telemetry_names.py": "tools.telemetry_names:render",
}
"""The committed file → the `module:function` that makes it."""

FOLDERS = {
    "docs/events": "tools.event_reference:pages",
    "services/arena/contracts/schemas": "tools.event_schemas:render",
}
"""The same for folders."""


def load(name: str) -> Callable[[], Any]:
    """Import a generator by its `module:function`."""
    module, _, function = name.partition(":")
    generator: Callable[[], Any] = getattr(import_module(module), function)
    return generator


def everything() -> list[tuple[str, str]]:
    """Each generated file with its text; folders first, as a page may tell of them."""
    inside = [(f"{folder}/{name}", text) for folder, maker in FOLDERS.items() for name, text in load(maker)().items()]
    return inside + [(path, load(maker)()) for path, maker in GENERATORS.items()]


def left_over(root: Path, folders: Iterable[str], texts: Iterable[tuple[str, str]]) -> list[str]:
    """Name the files in generated folders that nobody generates any more."""
    wanted = {path for path, _ in texts}
    found = (path.relative_to(root).as_posix() for folder in folders for path in sorted((root / folder).rglob("*")) if path.is_file())
    return [path for path in found if path not in wanted]


def stale(root: Path, texts: Iterable[tuple[str, str]]) -> list[str]:
    """Name the files whose text on disk is not the generated one."""
    return [path for path, text in texts if not (root / path).is_file() or (root / path).read_text("utf-8") != text]


def main() -> None:
    """Generate everything; the exit code tells whether `--check` found a difference."""
    texts = everything()
    useless = left_over(ROOT, FOLDERS, texts)
    different = stale(ROOT, texts) + useless
    if "--check" in sys.argv[1:]:
        if different:
            sys.exit(f"not what would be generated (run `make generate` and commit): {', '.join(different)}")
        print(f"{len(texts)} generated files are up to date")
        return
    for path, text in texts:
        (ROOT / path).parent.mkdir(parents=True, exist_ok=True)
        (ROOT / path).write_text(text, "utf-8")
    for path in useless:
        (ROOT / path).unlink()
    print(f"{len(texts)} files generated, changed: {', '.join(different) or 'none'}")


if __name__ == "__main__":
    main()
