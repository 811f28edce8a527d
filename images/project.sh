#!/bin/sh
# Lay out in /project what an image has beside its dependencies: the project in /opt/arena, and the SBOM. Usage: project.sh IMAGE COMMAND
set -eu
. images/sources.sh
image=$1 command=$2
site=$(echo /opt/arena/lib/python3*/site-packages)

/tools/bin/uv pip install --quiet --python /opt/arena/bin/python --prefix /project/opt/arena --no-index --find-links /wheel --no-deps habitarena
# uv notes the time of the build, and leaves a lock; nothing reads them.
rm -f /project/opt/arena/.lock "/project$site"/habitarena-*.dist-info/uv_cache.json
sed -i /uv_cache.json/d "/project$site"/habitarena-*.dist-info/RECORD
find /project/opt/arena/bin -mindepth 1 ! -name "$command" -delete
python3 -m compileall -q --invalidation-mode unchecked-hash -s /project /project/opt/arena/lib

mkdir -p /project/usr/share/sbom
/tools/bin/python images/sbom.py --image "$image" --system /system --site "$site" --site "/project$site" \
  > "/project/usr/share/sbom/habitarena-$image.cdx.json"
