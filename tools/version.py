"""The version of everything in this repository. Standard library only."""

import tomllib

from tools.setup_venv import ROOT


def project_version() -> str:
    """What pyproject.toml says: `0.1.0`; `make release-check` compares it with every other place."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    return str(project["version"])
