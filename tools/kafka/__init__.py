"""A real Kafka for the tests, from Maven Central, kept outside the repository.

`python -m tools.kafka` brings the programs into ${XDG_CACHE_HOME:-~/.cache}/habitarena/kafka/<version>: 15 seconds, once. The version is
that of pom.xml beside this file; every jar is compared with jars.sha256. For another Kafka: change pom.xml, run
`python -m tools.kafka --accept`, which writes jars.sha256 anew, and read what changed.
"""

import fcntl
import functools
import hashlib
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

HERE = Path(__file__).resolve().parent
SUMS = HERE / "jars.sha256"
JAVA = 17
"""The oldest Java that the broker runs on."""

JVM = (
    "-Xms128m", "-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-XX:MaxMetaspaceSize=160m",
    f"-Dlog4j2.configurationFile={HERE / 'log4j2.yaml'}",
)  # fmt: skip
"""A small broker that starts quickly: 2 seconds, 250 MB."""

_FORMAT = """\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
listeners=PLAINTEXT://127.0.0.1:{plain},CONTROLLER://127.0.0.1:{controller}
controller.listener.names=CONTROLLER
log.dirs={folder}
"""

_START = 120
"""Seconds in which a broker starts even on a busy machine."""


class KafkaNotHere(Exception):
    """The programs could not be brought; the message says what to do."""


def kafka_version() -> str:
    """The Kafka that pom.xml asks for: `4.3.1`."""
    found = re.search(r"<kafka\.version>(.+)</kafka\.version>", (HERE / "pom.xml").read_text("utf-8"))
    if found is None:
        raise RuntimeError("tools/kafka/pom.xml names no kafka.version")
    return found[1]


def folder() -> Path:
    """Where the programs are kept."""
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(cache) / "habitarena" / "kafka" / kafka_version()


def formatted() -> Path:
    """An empty data folder as `kafka-storage format` leaves it; to be copied."""
    return folder() / "formatted"


def java_command(program: str, *arguments: str) -> list[str]:
    """The command that runs a class of Kafka's."""
    kept = [f"-XX:SharedArchiveFile={_classes()}"] if _classes().exists() else []
    return ["java", *JVM, *kept, "-cp", f"{folder() / 'lib'}/*", program, *arguments]


def is_here() -> bool:
    """Whether the programs are all there, and those that are asked for now."""
    pin = folder() / ".pin"
    return pin.exists() and pin.read_text("utf-8") == _pin()


def _classes() -> Path:
    """The classes that a broker loads, as the JVM keeps them: a start takes half the time then. Another JVM passes over it."""
    return folder() / "classes.jsa"


def lacking() -> list[str]:
    """What must be installed before `build` can do its work."""
    wanted = [] if java_version() >= JAVA else [f"Java {JAVA} or newer (Debian: openjdk-{JAVA}-jre-headless or newer)"]
    if not is_here() and not shutil.which("mvn"):
        wanted.append("Maven (Debian: maven)")
    return wanted


def build(*, accept: bool = False) -> None:
    """Bring what is missing; two at once wait for each other, and the programs count only when they are whole.

    `accept` takes the jars that come as those that are meant.

    Raises:
        KafkaNotHere: Java or Maven is missing, Maven failed, or a jar is not the one that is meant.
    """
    home = folder()
    home.mkdir(parents=True, exist_ok=True)
    with (home / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if is_here() and _classes().exists() and not accept:
            return
        if wanted := lacking():
            raise KafkaNotHere(f"the tests' Kafka {kafka_version()} needs {' and '.join(wanted)}")
        if accept or not is_here():
            print(f"fetching Kafka {kafka_version()} (15 seconds, once) …", file=sys.stderr, flush=True)
            _fetch(home, accept=accept)
            _format(home)
            (home / ".pin").write_text(_pin(), "utf-8")
        _keep_classes(home)


def _pin() -> str:
    return hashlib.sha256((HERE / "pom.xml").read_bytes() + SUMS.read_bytes()).hexdigest()


@functools.cache
def java_version() -> int:
    """The major version of the `java` on the PATH; 0 without one."""
    if not shutil.which("java"):
        return 0
    told = subprocess.run(["java", "-version"], capture_output=True, text=True, check=False).stderr
    found = re.search(r'version "(?:1\.)?(\d+)', told)
    return int(found[1]) if found else 0


def _fetch(home: Path, *, accept: bool) -> None:
    """Bring the jars; what was made of those of before goes."""
    lib = home / "lib"
    for old in (lib, formatted()):
        shutil.rmtree(old, ignore_errors=True)
    _classes().unlink(missing_ok=True)
    _run("Maven could not fetch Kafka", "mvn", "-q", "-B", "-f", str(HERE / "pom.xml"), "dependency:copy-dependencies",
         "-DincludeScope=runtime", f"-DoutputDirectory={lib}")  # fmt: skip
    if accept:
        SUMS.write_text(_sums(lib), "utf-8")
    if _sums(lib) != SUMS.read_text("utf-8"):
        raise KafkaNotHere(f"Maven brought other jars than tools/kafka/jars.sha256 says: {', '.join(_strangers(lib))}")


def _run(failure: str, *command: str) -> None:
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode:
        raise KafkaNotHere(f"{failure}:\n{done.stdout[-3000:]}")


def _sums(lib: Path) -> str:
    """As `sha256sum *.jar` prints it."""
    jars = sorted(lib.glob("*.jar"), key=lambda jar: jar.name)
    return "".join(f"{hashlib.sha256(jar.read_bytes()).hexdigest()}  {jar.name}\n" for jar in jars)


def _strangers(lib: Path) -> list[str]:
    """The jars of which one side has another, or none."""
    differing = set(_sums(lib).splitlines()) ^ set(SUMS.read_text("utf-8").splitlines())
    return sorted({line.split()[-1] for line in differing})


def _format(home: Path) -> None:
    """Format a data folder once: copying it saves each broker the start of a JVM."""
    properties = home / "format.properties"
    properties.write_text(_FORMAT.format(folder=formatted(), plain=9092, controller=9093), "utf-8")
    command = java_command("kafka.tools.StorageTool", "format", "-t", "aGFiaXRhcmVuYS10ZXN0cw", "-c", str(properties))
    _run("a data folder of Kafka's could not be formatted", *command)


def _keep_classes(home: Path) -> None:
    """Start and stop a broker once, so that the JVM keeps what it loaded."""
    with tempfile.TemporaryDirectory(dir=home) as place:
        shutil.copytree(formatted(), Path(place) / "data")
        properties, kept = Path(place) / "server.properties", Path(place) / "classes.jsa"
        plain, controller = free_ports(2)
        properties.write_text(_FORMAT.format(folder=Path(place) / "data", plain=plain, controller=controller), "utf-8")
        java, *rest = java_command("kafka.Kafka", str(properties))
        command = [java, f"-XX:ArchiveClassesAtExit={kept}", *rest]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as broker:
            said: list[str] = []
            watch = threading.Timer(_START, broker.kill)
            watch.start()
            for line in broker.stdout or ():
                said.append(line)
                if "Kafka Server started" in line:
                    broker.terminate()
            watch.cancel()
        if not kept.exists():
            raise KafkaNotHere(f"Kafka does not start here:\n{''.join(said)[-3000:]}")
        kept.replace(_classes())


def free_ports(count: int) -> list[int]:
    """Ports of this machine that nobody listens on."""
    held = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [one.getsockname()[1] for one in held]
    for one in held:
        one.close()
    return ports
