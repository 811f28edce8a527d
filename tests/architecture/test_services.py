"""Each service has its page and its place: a room with an `app.py` is a service."""

from pathlib import Path

from tools.source import ROOT

ARENA = ROOT / "services" / "arena"
HEADINGS = ("Purpose", "Routes", "Events", "Tables", "Metrics")


def is_run_by_others(folder: str) -> bool:
    """Alembic runs the files of its folders itself."""
    return folder in {"__pycache__", "alembic"} or folder.endswith("migrations")


def missing_headings(page: Path) -> list[str]:
    if not page.is_file():
        return list(HEADINGS)
    found = {line.lstrip("#").strip() for line in page.read_text("utf-8").splitlines() if line.startswith("##")}
    return [heading for heading in HEADINGS if heading not in found]


def test_every_service_has_one_page_about_itself() -> None:
    services = sorted(path.parent for path in ARENA.glob("*/app.py"))
    assert {service.name: missing for service in services if (missing := missing_headings(service / "README.md"))} == {}


def test_a_page_without_its_headings_is_found(tmp_path: Path) -> None:
    page = tmp_path / "README.md"
    page.write_text("# x\n\n## Purpose\n\n## Routes\n\n## Events\n", "utf-8")
    assert missing_headings(page) == ["Tables", "Metrics"]
    assert missing_headings(tmp_path / "nowhere.md") == list(HEADINGS)


def test_every_folder_of_the_package_is_a_package() -> None:
    folders = {path.parent for path in ARENA.rglob("*.py") if not any(map(is_run_by_others, path.parts))}
    assert [str(folder.relative_to(ROOT)) for folder in sorted(folders) if not (folder / "__init__.py").is_file()] == []
