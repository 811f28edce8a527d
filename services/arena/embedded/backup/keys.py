"""The keys of an installation that are worth keeping: with them, whoever was signed in stays so after a restore."""

import json

from arena.chassis.core.settings import Settings
from arena.embedded.secrets import SecretFile

_KEPT = ("signing_keys", "internal_token")
"""Not the passwords of the database's roles: those are made anew where it is restored."""


def read_keys(settings: Settings) -> bytes | None:
    """The installation's keys as JSON, if there are any in its data folder."""
    file = SecretFile(settings.data_dir)
    found = {name: value for name in _KEPT if (value := file.find(name)) is not None}
    return json.dumps(found, indent=1).encode() if found else None


def put_keys(settings: Settings, keys: bytes) -> None:
    """Make them the keys of an installation that nobody has used yet."""
    settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    file = SecretFile(settings.data_dir)
    for name, value in json.loads(keys).items():
        file.put(name, value)
