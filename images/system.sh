#!/bin/sh
# Make of a copy of the base the system of the images. Runs nothing of it, so it may be of another platform. Usage: system.sh FOLDER
set -eu
cd "$1"

# Packages that manage packages, users, disks and terminals: nothing of ours starts them, and what is not there needs no security update.
unneeded="apt bsdutils debconf debian-archive-keyring diffutils dpkg e2fsprogs init-system-helpers libapt-pkg7.0 libdb5.3t64 libext2fs2t64
libpam-modules libpam-modules-bin libpam-runtime libudev1 login login.defs logsave mount ncurses-bin openssl
openssl-provider-legacy passwd perl-base sqv sysvinit-utils tzdata util-linux"
for package in $unneeded; do
  for list in "var/lib/dpkg/info/$package.list" "var/lib/dpkg/info/$package:"*.list; do
    if [ ! -e "$list" ]; then continue; fi
    while IFS= read -r path; do
      if [ ! -d ".$path" ]; then rm -f ".$path"; fi
    done < "$list"
    rm -f "${list%.list}".*
  done
done
# What is left is what vulnerability scanners and the SBOM read.
awk -v RS= -v ORS='\n\n' -v names="$unneeded" 'BEGIN { for (n = split(names, name); n; n--) gone[name[n]] }
  { split($0, line, "\n"); sub("^Package: ", "", line[1]) } !(line[1] in gone)' var/lib/dpkg/status > status
mv status var/lib/dpkg/status

# Logs, caches, manuals, tables for character sets that Python and PostgreSQL bring themselves.
find dev var/cache var/log var/lib/apt var/tmp tmp root run -mindepth 1 -delete
find usr/share/doc -type f ! -name copyright -delete
rm -rf usr/share/man usr/share/locale usr/share/info usr/share/lintian usr/share/bash-completion usr/share/perl5 usr/lib/*/gconv
rm -rf etc/machine-id etc/hostname etc/resolv.conf etc/apt etc/*- var/lib/dpkg/*-old var/lib/systemd

for lib in usr/lib/python3.* usr/local/lib/python3.*; do
  if [ ! -e "$lib/os.py" ]; then continue; fi
  rm -rf "$lib"/test "$lib"/idlelib "$lib"/tkinter "$lib"/turtledemo "$lib"/ensurepip "$lib"/pydoc_data "$lib"/config-3.*
  rm -rf "$lib"/site-packages/pip "$lib"/site-packages/pip-* "$lib"/lib-dynload/_test* "$lib"/lib-dynload/_dbm.*
  find "$lib" -name __pycache__ -prune -exec rm -rf {} +
  # Copies get new times, which would make ordinary bytecode look stale and every start compile anew.
  python3 -m compileall -q --invalidation-mode unchecked-hash -s . -p / "$lib"
done
find usr/local/bin -mindepth 1 \( -name 'pip*' -o -name 'idle*' -o -name 'pydoc*' \) -delete

find . -xdev -perm /6000 -exec chmod a-s {} +  # nobody needs to become somebody else here
echo 'arena:x:10001:10001:HabitArena:/data:/usr/sbin/nologin' >> etc/passwd
echo 'arena:x:10001:' >> etc/group
mkdir -p data
chown 10001:10001 data
chmod 0750 data
chmod 1777 tmp var/tmp
