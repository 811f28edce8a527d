"""What builds the tests' Kubernetes: where it goes, what it is, and what it says when it cannot."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tools.kube import GO, HERE, PROGRAMS, folder, kube_version, missing


def test_programs_are_kept_by_version_in_the_user_s_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert folder() == tmp_path / "habitarena" / "kube" / kube_version()
    assert missing() == list(PROGRAMS)


def test_a_program_that_cannot_run_or_was_built_from_something_else_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    folder().mkdir(parents=True)
    for name, source in PROGRAMS.items():
        (folder() / name).touch(mode=0o644 if name == "etcd" else 0o755)
        (folder() / f".{name}.pin").write_text("of before" if name == "helm" else source.pin())
    assert missing() == ["etcd", "helm"]


def test_every_program_s_module_is_pinned_with_its_checksum() -> None:
    sums = (HERE / "go.sum").read_text("utf-8")
    assert f"k8s.io/kubernetes v{kube_version()} h1:" in sums
    assert "go.etcd.io/etcd/server/v3 v" in sums
    for module, pinned in {"dns": "github.com/coredns/coredns v", "helm": "helm.sh/helm/v4 v"}.items():
        assert pinned in (HERE / module / "go.sum").read_text("utf-8")


def test_the_go_that_is_asked_for_is_enough_for_every_module() -> None:
    asked = [re.search(r"^go (\d+)\.(\d+)", file.read_text("utf-8"), re.MULTILINE) for file in HERE.rglob("go.mod")]
    assert max((int(found[1]), int(found[2])) for found in asked if found) == tuple(map(int, GO.split(".")))


def test_without_go_the_build_says_what_to_install(tmp_path: Path) -> None:
    environment = os.environ | {"XDG_CACHE_HOME": str(tmp_path), "PATH": str(tmp_path)}
    answer = subprocess.run([sys.executable, "-m", "tools.kube"], env=environment, capture_output=True, text=True, check=False)
    assert answer.returncode == 1
    assert f"install Go {GO} or newer" in answer.stderr
