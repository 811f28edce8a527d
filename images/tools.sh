#!/bin/sh
# Install uv and the writer of the SBOM into /tools.
set -eu
. images/sources.sh

python3 -m venv /tools
/tools/bin/pip install --quiet --no-cache-dir --only-binary :all: --require-hashes -r requirements/uv.txt -r requirements/sbom.txt
