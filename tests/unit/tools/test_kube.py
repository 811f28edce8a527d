"""What builds the tests' Kubernetes: where it goes, what it is, and what it says when it cannot."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tools.kube import HERE, PROGRAMS, folder, kube_version, missing


def test_programs_are_kept_by_version_in_the_user_s_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert folder() == tmp_path / "habitarena" / "kube" / kube_version()
    assert missing() == list(PROGRAMS)


def test_a_program_that_cannot_run_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    folder().mkdir(parents=True)
    for name in PROGRAMS:
        (folder() / name).touch(mode=0o644 if name == "etcd" else 0o755)
    assert missing() == ["etcd"]


def test_every_program_s_module_is_pinned_with_its_checksum() -> None:
    sums = (HERE / "go.sum").read_text("utf-8")
    assert f"k8s.io/kubernetes v{kube_version()} h1:" in sums
    assert "go.etcd.io/etcd/server/v3 v" in sums


def test_without_go_the_build_says_what_to_install(tmp_path: Path) -> None:
    environment = os.environ | {"XDG_CACHE_HOME": str(tmp_path), "PATH": str(tmp_path)}
    answer = subprocess.run([sys.executable, "-m", "tools.kube"], env=environment, capture_output=True, text=True, check=False)
    assert answer.returncode == 1
    assert "install Go 1.25 or newer" in answer.stderr
