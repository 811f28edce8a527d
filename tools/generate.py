"""Write the generated files, or with `--check` prove that they are what would be written.

A generator is a function without arguments that returns the text of one file; it is registered below under the file it makes.
"""

import sys
from collections.abc import Callable, Iterable
from importlib import import_module
from pathlib import Path

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
}
"""The committed file → the `module:function` that makes it."""


def load(name: str) -> Callable[[], str]:
    """Import a generator by its `module:function`."""
    module, _, function = name.partition(":")
    generator: Callable[[], str] = getattr(import_module(module), function)
    return generator


def stale(root: Path, texts: Iterable[tuple[str, str]]) -> list[str]:
    """Name the files whose text on disk is not the generated one."""
    return [path for path, text in texts if not (root / path).is_file() or (root / path).read_text("utf-8") != text]


def main() -> None:
    """Generate everything; the exit code tells whether `--check` found a difference."""
    texts = [(path, load(name)()) for path, name in GENERATORS.items()]
    different = stale(ROOT, texts)
    if "--check" in sys.argv[1:]:
        if different:
            sys.exit(f"not what would be generated (run `make generate` and commit): {', '.join(different)}")
        print(f"{len(texts)} generated files are up to date")
        return
    for path, text in texts:
        (ROOT / path).parent.mkdir(parents=True, exist_ok=True)
        (ROOT / path).write_text(text, "utf-8")
    print(f"{len(texts)} files generated, changed: {', '.join(different) or 'none'}")


if __name__ == "__main__":
    main()
