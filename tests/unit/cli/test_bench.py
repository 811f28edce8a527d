"""`arena bench` finds the measurements where the sources are."""

import subprocess
import sys
from pathlib import Path

from arena.cli.bench import checkout_of


def test_the_measurements_are_found_in_a_checkout(tmp_path: Path) -> None:
    (tmp_path / "bench").mkdir()
    (tmp_path / "bench" / "run.py").touch()
    assert checkout_of(tmp_path / "services" / "arena") == tmp_path


def test_an_installed_package_has_none(tmp_path: Path) -> None:
    assert checkout_of(tmp_path / "site-packages" / "arena") is None


def test_a_measurement_that_does_not_exist_is_refused_with_those_that_do(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "arena.cli.main", "bench", "--short", "--only", "startup", "--only", "everything"]
    answer = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert answer.returncode == 2
    assert "everything" in answer.stderr
    assert "consumer-path" in answer.stderr
