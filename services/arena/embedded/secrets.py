"""Generated secrets, kept in one file of mode 0600 in the data folder: made on first need, never shown."""

import json
import os
import secrets
from pathlib import Path

FILE = "secrets.json"


class SecretFile:
    """Secrets by name."""

    def __init__(self, data_dir: Path) -> None:
        self._path = data_dir / "keys" / FILE

    def get(self, name: str) -> str:
        """The secret of that name; made and stored when there is none yet."""
        known = self._read()
        if name not in known:
            known[name] = secrets.token_urlsafe(32)
            self._write(known)
        return known[name]

    def keep(self, name: str, value: str) -> str:
        """Store a secret made elsewhere (a key), unless there is one of that name; answers the one in force."""
        known = self._read()
        if name not in known:
            known[name] = value
            self._write(known)
        return known[name]

    def put(self, name: str, value: str) -> None:
        """Store a secret in the place of the one of that name."""
        known = self._read()
        if known.get(name) != value:
            self._write(known | {name: value})

    def find(self, name: str) -> str | None:
        """The secret of that name, if there is one."""
        return self._read().get(name)

    def _read(self) -> dict[str, str]:
        if not self._path.exists():
            return {}
        known: dict[str, str] = json.loads(self._path.read_text())
        return known

    def _write(self, known: dict[str, str]) -> None:
        self._path.parent.mkdir(mode=0o700, exist_ok=True)
        new = self._path.with_suffix(".new")
        descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            json.dump(known, file)
            file.flush()
            os.fsync(file.fileno())
        new.replace(self._path)
