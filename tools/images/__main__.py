"""Build the images and tell what they are; `--refresh` takes Debian's updates."""

import sys

from tools.images import BUILT, build
from tools.setup_venv import ROOT

for image in build(refresh="--refresh" in sys.argv[1:]).values():
    where = (BUILT / image.archive).relative_to(ROOT)
    print(f"{image.name}  {image.megabytes:.0f} MB  {image.id}\n  {where}  {where.with_name(image.sbom)}")
