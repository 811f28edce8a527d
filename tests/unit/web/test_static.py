"""The static files and templates: nothing from elsewhere, nothing inline, every name there."""

import re
from pathlib import Path

import pytest

from arena.web.assets import FOLDER, Assets
from arena.web.site import TEMPLATES, open_templates

PAGES = sorted(TEMPLATES.rglob("*.html"))
MODULES = sorted(FOLDER.glob("*.js"))
ELSEWHERE = re.compile(r"(?:https?:)?//[a-z0-9-]+\.[a-z]")
INLINE = re.compile(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son[a-z]+=", re.IGNORECASE)


@pytest.mark.parametrize("path", [*PAGES, *MODULES, FOLDER / "app.css"], ids=lambda path: path.name)
def test_nothing_comes_from_another_host(path: Path) -> None:
    assert ELSEWHERE.findall(path.read_text("utf-8").replace("http://www.w3.org/2000/svg", "")) == []


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_no_page_has_script_or_style_inline_which_the_policy_would_refuse(path: Path) -> None:
    assert INLINE.findall(path.read_text("utf-8")) == []


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_every_template_can_be_read(path: Path) -> None:
    open_templates(Assets.load()).get_template(str(path.relative_to(TEMPLATES)))


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_every_form_that_posts_repeats_the_csrf_token(path: Path) -> None:
    text = path.read_text("utf-8")
    posting = re.findall(r'<form method="post".*?</form>', text, re.DOTALL)
    assert [form for form in posting if "token(csrf)" not in form and 'name="csrf"' not in form] == []


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_every_module_that_a_page_names_is_there(path: Path) -> None:
    named = re.findall(r'data-module="(\w+)"', path.read_text("utf-8"))
    assert [name for name in named if not (FOLDER / f"{name}.js").is_file()] == []


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.name)
def test_modules_import_what_is_there_and_never_in_a_circle(path: Path) -> None:
    seen: set[str] = set()

    def follow(name: str, above: tuple[str, ...]) -> None:
        assert name not in above, f"{' → '.join((*above, name))}: modules that wait for each other never start"
        seen.add(name)
        for imported in re.findall(r'from "\./([\w.]+)"', (FOLDER / name).read_text("utf-8")):
            follow(imported, (*above, name))

    follow(path.name, ())
    assert path.name in seen


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.name)
def test_no_module_waits_at_its_top_level_where_what_it_waits_for_may_wait_for_it(path: Path) -> None:
    assert re.findall(r"^await ", path.read_text("utf-8"), re.MULTILINE) == []


def test_the_address_of_the_files_changes_with_any_of_them(tmp_path: Path) -> None:
    (tmp_path / "a.css").write_text("a", "utf-8")
    before = Assets.load(tmp_path)
    (tmp_path / "b.js").write_text("b", "utf-8")
    after = Assets.load(tmp_path)
    assert before.address("a.css") != after.address("a.css")
    with pytest.raises(KeyError):
        after.address("c.css")
    assert "immutable" in after.answer(after.digest, "a.css").headers["cache-control"]
    assert "no-cache" in after.answer(before.digest, "a.css").headers["cache-control"]


def test_every_size_of_letters_and_every_colour_comes_from_a_token() -> None:
    rules = re.sub(r"/\*.*?\*/", "", (FOLDER / "app.css").read_text("utf-8"), flags=re.DOTALL)
    beyond = re.sub(r":root \{.*?\}", "", rules, flags=re.DOTALL)
    assert re.findall(r"font-size: (?!var\(|inherit)[^;]+", beyond) == []
    assert re.findall(r"#[0-9a-f]{3,8}\b", beyond) == []
