"""Hand what pip was told (PIP_* variables and pip's configuration files) on to uv, which reads neither. Standard library only."""

import subprocess
from collections.abc import Mapping
from pathlib import Path

UV_NAMES = {
    "index-url": "UV_DEFAULT_INDEX",
    "extra-index-url": "UV_INDEX",
    "find-links": "UV_FIND_LINKS",
    "cert": "SSL_CERT_FILE",
    "trusted-host": "UV_INSECURE_HOST",
    "timeout": "UV_HTTP_TIMEOUT",
    "default-timeout": "UV_HTTP_TIMEOUT",
    "proxy": "ALL_PROXY",
}
"""pip's option → the variable by which uv takes the same."""


def parse_config(listing: str) -> dict[str, str]:
    """Read the answer of `pip config list`: lines like `global.index-url='…'`; the sections of `install` win over `global`."""
    found: dict[str, str] = {}
    for line in sorted(listing.splitlines(), key=lambda line: line.startswith("install.")):
        name, separator, value = line.partition("=")
        section, dot, option = name.rpartition(".")
        if separator and dot and section in {"global", "install"}:
            found[option] = value.strip("'\"").replace("\\n", " ").strip()
    return found


def configured(*pythons: str | Path) -> dict[str, str]:
    """Ask the first of these Pythons that has a pip for pip's configuration."""
    for python in pythons:
        try:
            answer = subprocess.run([python, "-I", "-m", "pip", "config", "list"], capture_output=True, text=True, check=True, timeout=60)
        except (OSError, subprocess.SubprocessError):
            continue
        return parse_config(answer.stdout)
    return {}


def usable_links(value: str) -> str:
    """Keep the addresses and the folders that exist: pip passes over a missing folder, uv stops at it."""
    return ",".join(link for link in value.split() if "://" in link or Path(link).is_dir())


def translate(options: Mapping[str, str], environment: Mapping[str, str]) -> dict[str, str]:
    """Give the variables to add for uv; what uv was told itself stays."""
    added: dict[str, str] = {}
    for option, name in UV_NAMES.items():
        value = options.get(option, "").strip()
        if option == "find-links":
            value = usable_links(value)
        told = name in environment or (option == "index-url" and "UV_INDEX_URL" in environment)
        if value and not told:
            added[name] = value
    return added


def uv_environment(environment: Mapping[str, str], *pythons: str | Path) -> dict[str, str]:
    """Return the environment for uv: as found, plus what pip was told."""
    variables = {name[4:].lower().replace("_", "-"): value for name, value in environment.items() if name.startswith("PIP_")}
    options = configured(*pythons) | variables
    # An active virtual environment is not the one we install into; uv is told which by its path.
    kept = {name: value for name, value in environment.items() if name != "VIRTUAL_ENV"}
    return kept | translate(options, kept)
