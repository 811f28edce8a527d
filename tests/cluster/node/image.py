"""An image of one static program, as an archive that containerd can import: what `FROM scratch` makes."""

import hashlib
import io
import json
import tarfile
from pathlib import Path


def write_image(archive: Path, name: str, program: Path) -> Path:
    """Write an archive with the image `name`, whose only file and entrypoint is `/<program>`; user 10001."""
    layer = _tar({program.name: program.read_bytes()}, mode=0o755)
    config = {
        "architecture": "amd64",
        "os": "linux",
        "config": {"Entrypoint": [f"/{program.name}"], "User": "10001:10001"},
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{hashlib.sha256(layer).hexdigest()}"]},
    }
    manifest = [{"Config": "config.json", "RepoTags": [name], "Layers": ["layer.tar"]}]
    files = {"manifest.json": json.dumps(manifest).encode(), "config.json": json.dumps(config).encode(), "layer.tar": layer}
    archive.write_bytes(_tar(files, mode=0o644))
    return archive


def _tar(files: dict[str, bytes], mode: int) -> bytes:
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w") as tar:
        for name, content in files.items():
            about = tarfile.TarInfo(name)
            about.size, about.mode = len(content), mode
            tar.addfile(about, io.BytesIO(content))
    return held.getvalue()
