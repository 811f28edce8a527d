"""The release that the upgrade proof begins with can still be made of today's sources."""

from pathlib import Path

from tests.cluster.node.older import PATCH, Changes


def test_its_patch_applies_to_the_sources(tmp_path: Path) -> None:
    changes = Changes.of(PATCH, tmp_path)
    assert [path.name for path, text in changes.files.items() if text is None] == ["0002_share_name.py"]
