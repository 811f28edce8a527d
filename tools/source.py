"""The repository's own Python as trees, for the tests that judge it."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = ("services", "operator", "ml", "tests", "tools", "bench")


@dataclass(frozen=True)
class Source:
    """One Python file; `name` is its dotted name below its root (`arena.battles.domain`, `tests.unit.…`)."""

    path: Path
    name: str
    text: str

    @cached_property
    def tree(self) -> ast.Module:
        """The parsed file."""
        return ast.parse(self.text, str(self.path))

    @property
    def parts(self) -> tuple[str, ...]:
        """The dotted name, parted."""
        return tuple(self.name.split("."))

    def imports(self) -> frozenset[str]:
        """Every absolute module this file imports, wherever in the file; for `from a import b` both `a` and `a.b`."""
        found: set[str] = set()
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                found.update(alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                found.add(node.module)
                found.update(f"{node.module}.{alias.name}" for alias in node.names)
        return frozenset(found)

    def imports_from(self, package: str) -> bool:
        """Tell whether this file imports the package or anything in it."""
        return any(name == package or name.startswith(f"{package}.") for name in self.imports())


def dotted(path: Path) -> str:
    """Name a file relative to the root: `services/arena/x.py` is `arena.x`, `tests/x.py` is `tests.x`."""
    parts = path.with_suffix("").parts
    return ".".join(parts[1:] if parts[0] in {"services", "operator", "ml"} else parts).removesuffix(".__init__")


def sources(*folders: str) -> Iterator[Source]:
    """Read the Python files of these folders (all of ours without arguments), in order."""
    for folder in folders or FOLDERS:
        for path in sorted((ROOT / folder).rglob("*.py")):
            relative = path.relative_to(ROOT)
            if "__pycache__" not in relative.parts:
                yield Source(relative, dotted(relative), path.read_text("utf-8"))
