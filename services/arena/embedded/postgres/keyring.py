"""The passwords of the database's roles: generated, kept in one file of mode 0600."""

import json
import secrets

from arena.embedded.postgres.account import Account
from arena.embedded.postgres.files import write_whole
from arena.embedded.postgres.folder import DataFolder
from arena.embedded.postgres.refusals import FolderDamaged


class Keyring:
    """Passwords by role; one that is asked for the first time is made."""

    def __init__(self, folder: DataFolder, account: Account) -> None:
        self._path = folder.secrets
        self._account = account

    def password(self, role: str) -> str:
        """Return the password of `role`.

        Raises:
            FolderDamaged: the file is there and cannot be read.
        """
        known = self._read()
        if role not in known:
            known[role] = secrets.token_urlsafe(32)
            write_whole(self._path, json.dumps({"postgres": known}, indent=2) + "\n", self._account)
        return known[role]

    def _read(self) -> dict[str, str]:
        if not self._path.exists():
            return {}
        self._path.chmod(0o600)
        try:
            known = json.loads(self._path.read_text(encoding="utf-8"))["postgres"]
            return {str(role): str(word) for role, word in known.items()}
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise FolderDamaged(f"{self._path} cannot be read. Nothing was changed. Restore it from a backup.") from error
