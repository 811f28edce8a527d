"""What brings the tests' registry of schemas: where it goes, and what it says when it cannot."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tools.kafka import JAVA
from tools.registry import ARTIFACT, VERSION, folder, is_here


def bring(cache: Path, path: str) -> "subprocess.CompletedProcess[str]":
    environment = os.environ | {"XDG_CACHE_HOME": str(cache), "PATH": path}
    return subprocess.run([sys.executable, "-m", "tools.registry"], env=environment, capture_output=True, text=True, check=False)


def test_the_program_is_kept_by_version_in_the_user_s_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert folder() == tmp_path / "habitarena" / "registry" / VERSION
    assert not is_here()


def test_a_program_that_was_brought_for_another_pin_counts_as_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    folder().mkdir(parents=True)
    (folder() / ".pin").write_text("of before", "utf-8")
    assert not is_here()


def test_without_java_and_maven_it_says_what_to_install(tmp_path: Path) -> None:
    answer = bring(tmp_path, str(tmp_path))
    assert answer.returncode == 1
    assert f"needs Java {JAVA} or newer (Debian: openjdk-{JAVA}-jre-headless or newer) and Maven (Debian: maven)" in answer.stderr


@pytest.mark.parametrize(
    ("maven", "sentence"),
    [
        ('mkdir -p "$into/deep" && echo other > "$into/deep/a.tar.gz"', f"Maven brought another {ARTIFACT} than tools/registry says"),
        ("echo no network; exit 1", f"Maven could not fetch {ARTIFACT}:\nno network"),
    ],
)
def test_a_maven_that_fails_or_brings_something_else_leaves_nothing_behind(tmp_path: Path, maven: str, sentence: str) -> None:
    programs = {
        "mvn": f'for option; do case $option in -Dmaven.repo.local=*) into="${{option#*=}}";; esac; done\n{maven}\n',
        "java": "echo 'openjdk version \"21.0.1\"' >&2\n",
    }
    for name, script in programs.items():
        (tmp_path / name).write_text(f"#!/bin/sh\n{script}", "utf-8")
        (tmp_path / name).chmod(0o755)
    answer = bring(tmp_path / "cache", f"{tmp_path}:/usr/bin:/bin")
    assert answer.returncode == 1
    assert sentence in answer.stderr
    assert [path.name for path in (tmp_path / "cache" / "habitarena" / "registry").iterdir()] == [f".lock-{VERSION}"]
