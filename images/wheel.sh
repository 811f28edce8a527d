#!/bin/sh
# Build the project's wheel into a folder; what builds it is locked too. Usage: wheel.sh FOLDER
set -eu
. images/sources.sh

/tools/bin/uv build --quiet --wheel --build-constraints requirements/build.txt --require-hashes --out-dir "$1"
