"""Style sheet and modules, read once; their address changes with their content, so browsers may keep them for ever."""

from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

from fastapi import Response
from starlette.exceptions import HTTPException

FOLDER = Path(__file__).parent / "static"
_TYPES = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}
_FOR_EVER = "public, max-age=31536000, immutable"
_BRIEFLY = "public, no-cache"


@dataclass(frozen=True, slots=True)
class Assets:
    """Files by name, and the digest of all of them: modules import each other by relative address, so they change address together."""

    files: dict[str, bytes]
    digest: str

    @classmethod
    def load(cls, folder: Path = FOLDER) -> "Assets":
        """Read the folder."""
        files = {path.name: path.read_bytes() for path in sorted(folder.iterdir()) if path.suffix in _TYPES}
        return cls(files, blake2b(b"\0".join(name.encode() + body for name, body in files.items()), digest_size=6).hexdigest())

    def address(self, name: str) -> str:
        """Where a file is in this version; raises KeyError for one that is not there, so a misspelt name shows when the page is tried."""
        self.files[name]
        return f"/static/{self.digest}/{name}"

    def answer(self, digest: str, name: str) -> Response:
        """The file; under the digest of another version it is the present one, kept only as long as it is true."""
        body = self.files.get(name)
        if body is None:
            raise HTTPException(404)
        kept = _FOR_EVER if digest == self.digest else _BRIEFLY
        return Response(body, media_type=_TYPES[Path(name).suffix], headers={"cache-control": kept})
