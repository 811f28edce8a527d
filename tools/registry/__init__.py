"""A real registry of schemas for the tests: Apicurio Registry, which speaks Confluent's API, from Maven Central.

`python -m tools.registry` brings the program into ${XDG_CACHE_HOME:-~/.cache}/habitarena/registry/<version>: 10 seconds, once. For
another one: change VERSION and SHA256 together. Versions from 3.1 on need Java 21.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

from tools.kafka import JAVA, java_version

VERSION = "3.0.9"
SHA256 = "2b28181501a20cbf6efcd77f9b7153908fc01f3d3a7c32024c0bd9e1b04c8a43"
ARTIFACT = f"io.apicurio:apicurio-registry-app:{VERSION}:tar.gz:all"
GET = "org.apache.maven.plugins:maven-dependency-plugin:2.8:get"
"""Later versions of it want the parents of the artifact's description too, and Maven Central lacks one."""

JVM = ("-Xms64m", "-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
"""A small registry that starts quickly: 6 seconds, 250 MB."""


class RegistryNotHere(Exception):
    """The program could not be brought; the message says what to do."""


def folder() -> Path:
    """Where the program is kept."""
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(cache) / "habitarena" / "registry" / VERSION


def java_command() -> list[str]:
    """The command that runs the registry; its settings are environment variables."""
    return ["java", *JVM, "-jar", str(folder() / f"apicurio-registry-app-{VERSION}-runner.jar")]


def is_here() -> bool:
    """Whether the program is there, and the one that is asked for now."""
    pin = folder() / ".pin"
    return pin.exists() and pin.read_text("utf-8") == SHA256


def lacking() -> list[str]:
    """What must be installed before `build` can do its work."""
    wanted = [] if java_version() >= JAVA else [f"Java {JAVA} or newer (Debian: openjdk-{JAVA}-jre-headless or newer)"]
    if not is_here() and not shutil.which("mvn"):
        wanted.append("Maven (Debian: maven)")
    return wanted


def build() -> None:
    """Bring the program if it is missing; two at once wait for each other, and it counts only when it is whole.

    Raises:
        RegistryNotHere: Java or Maven is missing, Maven failed, or the program is not the one that is meant.
    """
    home = folder()
    home.parent.mkdir(parents=True, exist_ok=True)
    with (home.parent / f".lock-{VERSION}").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if is_here():
            return
        if wanted := lacking():
            raise RegistryNotHere(f"the tests' registry of schemas needs {' and '.join(wanted)}")
        print(f"fetching Apicurio Registry {VERSION} (10 seconds, once) …", file=sys.stderr, flush=True)
        with tempfile.TemporaryDirectory(dir=home.parent) as fetched:
            archive = _fetch(Path(fetched))
            shutil.rmtree(home, ignore_errors=True)
            with tarfile.open(archive) as packed:
                packed.extractall(home, filter="data")
        (home / ".pin").write_text(SHA256, "utf-8")


def _fetch(into: Path) -> Path:
    command = ["mvn", "-q", "-B", GET, "-Dtransitive=false", f"-Dartifact={ARTIFACT}", f"-Dmaven.repo.local={into}"]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode:
        raise RegistryNotHere(f"Maven could not fetch {ARTIFACT}:\n{done.stdout[-3000:]}")
    [archive] = into.rglob("*.tar.gz")
    found = hashlib.sha256(archive.read_bytes()).hexdigest()
    if found != SHA256:
        raise RegistryNotHere(f"Maven brought another {ARTIFACT} than tools/registry says: its SHA-256 is {found}")
    return archive
