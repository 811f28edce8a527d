"""The pages: short where they promise it, every link leads somewhere, every make target named exists."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tools.source import ROOT

README_LINES = 150
ADR_LINES = 60
ADR_NAME = re.compile(r"^\d{4}-[a-z0-9-]+\.md$")
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
REMARK = re.compile(r"<!--.*?-->|```.*?```|`[^`\n]*`", re.DOTALL)
MACHINE = re.compile(r"(?<![\w.])/(?:work|root|home/\w+)/")


def pages() -> list[Path]:
    found = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "services").rglob("*.md")]
    return sorted(found)


def anchors(page: Path) -> set[str]:
    """The anchors that a forge makes of a page's headings."""
    headings = re.findall(r"^#+\s+(.*)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


def broken_links(page: Path) -> Iterator[str]:
    """Relative links that lead nowhere; addresses elsewhere are not asked for."""
    for target in LINK.findall(REMARK.sub("", page.read_text("utf-8"))):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        aim = (page.parent / path).resolve() if path else page
        if not aim.exists() or (anchor and aim.suffix == ".md" and anchor not in anchors(aim)):
            yield f"{page.name}: {target}"


def test_every_relative_link_leads_somewhere() -> None:
    assert [found for page in pages() for found in broken_links(page)] == []


def test_a_link_to_nowhere_is_found(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# A page\n[a](page.md#a-page) [b](#nowhere) [c](gone.md) <!-- [d](later.md) --> [e](https://habitarena.io)\n", "utf-8")
    assert list(broken_links(page)) == ["page.md: #nowhere", "page.md: gone.md"]


def test_the_readme_has_at_most_150_lines() -> None:
    assert len((ROOT / "README.md").read_text("utf-8").splitlines()) in range(1, README_LINES + 1)


@pytest.mark.parametrize("page", sorted((ROOT / "docs" / "adr").glob("*.md")), ids=lambda page: page.stem)
def test_a_decision_is_one_page_with_a_number(page: Path) -> None:
    assert ADR_NAME.match(page.name)
    assert len(page.read_text("utf-8").splitlines()) <= ADR_LINES


def test_no_two_decisions_have_one_number() -> None:
    numbers = [page.name[:4] for page in (ROOT / "docs" / "adr").glob("*.md")]
    assert len(numbers) == len(set(numbers))


def test_every_decision_is_listed_in_the_index() -> None:
    index = (ROOT / "docs" / "index.md").read_text("utf-8")
    assert [page.name for page in (ROOT / "docs" / "adr").glob("*.md") if f"adr/{page.name}" not in index] == []


def test_every_make_target_named_in_a_page_exists() -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    targets = {name for names in re.findall(r"^([a-z0-9. -]+):", makefile, re.MULTILINE) for name in names.split()}
    named = {(page.name, name) for page in pages() for name in re.findall(r"`make ([a-z0-9.-]+)", page.read_text("utf-8"))}
    assert sorted((page, name) for page, name in named if name not in targets) == []


def test_no_page_names_a_machine_s_own_paths() -> None:
    assert [page.name for page in pages() if MACHINE.search(page.read_text("utf-8"))] == []
