"""Every migration says who can run on what it leaves: without that a rollback would be a guess."""

import ast
from pathlib import Path

from tools.source import ROOT


def promises(file: Path) -> dict[str, object]:
    """The names that a migration binds to plain values."""
    bound = [one for one in ast.parse(file.read_text("utf-8")).body if isinstance(one, ast.Assign) and isinstance(one.value, ast.Constant)]
    return {target.id: one.value.value for one in bound for target in one.targets if isinstance(target, ast.Name)}  # type: ignore[attr-defined]  # a Constant, by the line above


def mistakes(folder: Path) -> list[str]:
    """What is wrong with the floors of a folder: each is a revision of it, none after its own, and they never go down again."""
    found = [promises(file) for file in sorted(folder.glob("[0-9]*.py"))]
    floors = [str(one.get("floor", "")) for one in found]
    known = [str(one.get("revision")) for one in found]
    pairs = zip(known, floors, strict=True)
    wrong = [f"{revision}: floor is {floor!r}" for revision, floor in pairs if floor not in known or floor > revision]
    return wrong + ([] if floors == sorted(floors) else [f"floors go down: {floors}"])


def test_every_migration_states_the_oldest_revision_whose_code_can_run_on_it() -> None:
    folders = {file.parent for file in (ROOT / "services" / "arena").rglob("*migrations/[0-9]*.py")}
    assert len(folders) >= 7
    assert {folder.name: wrong for folder in sorted(folders) if (wrong := mistakes(folder))} == {}


def test_a_migration_without_a_floor_or_with_an_impossible_one_is_found(tmp_path: Path) -> None:
    (tmp_path / "0001_a.py").write_text('revision = "0001"\n', "utf-8")
    (tmp_path / "0002_b.py").write_text('revision = "0002"\nfloor = "0003"\n', "utf-8")
    (tmp_path / "0003_c.py").write_text('revision = "0003"\nfloor = "0001"\n', "utf-8")
    assert mistakes(tmp_path)[:2] == ["0001: floor is ''", "0002: floor is '0003'"]
    assert mistakes(tmp_path)[-1].startswith("floors go down")
