"""`arena bench` finds the measurements where the sources are."""

from pathlib import Path

from arena.cli.bench import checkout_of


def test_the_measurements_are_found_in_a_checkout(tmp_path: Path) -> None:
    (tmp_path / "bench").mkdir()
    (tmp_path / "bench" / "run.py").touch()
    assert checkout_of(tmp_path / "services" / "arena") == tmp_path


def test_an_installed_package_has_none(tmp_path: Path) -> None:
    assert checkout_of(tmp_path / "site-packages" / "arena") is None
