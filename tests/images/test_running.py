"""The images run: without root, without a capability, with a root that cannot be written."""

import signal
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from arena import __version__
from arena.embedded.testing_process import free_ports
from tests.images.container import Container, Unpacked, volume

EVERY_MODULE = """
import importlib, pkgutil, sys
package = importlib.import_module(sys.argv[1])
for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
    if ".testing" not in module.name and not module.name.startswith("arena.simulate"):
        importlib.import_module(module.name)
compiled = [m.__name__ for m in sys.modules.values() if getattr(m, "__cached__", None) and not __import__("os").path.exists(m.__cached__)]
print("without bytecode:", compiled)
"""
MISSING_LIBRARIES = r"""
find / -xdev -type f \( -name '*.so*' -o -path '*/bin/*' \) 2>/dev/null | while read file; do
  ldd "$file" 2>/dev/null | grep 'not found' | sed "s#^#$file#"
done
"""


@pytest.fixture
def container(services: Unpacked, folder: Path) -> Iterator[Container]:
    """The services over an empty volume, on ports of its own."""
    port, metrics = free_ports(2)
    env = {"ARENA_PORT": str(port), "ARENA_METRICS_PORT": str(metrics), "ARENA_REGISTRATION": "open"}
    with volume(services, folder) as data:
        made = Container(services, folder / "bundle", data, env)
        yield made
        made.close()


def in_image(image: Unpacked, folder: Path, *command: str) -> str:
    """Run a program of an image and return what it said; it must end well."""
    with volume(image, folder) as data:
        done = Container(image, folder / "bundle", data).run(*command)
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


def test_the_command_is_there(services: Unpacked, folder: Path) -> None:
    assert in_image(services, folder, "arena", "--version").strip() == f"arena {__version__}"


@pytest.mark.parametrize(("name", "package"), [("services", "arena"), ("operator", "arena_operator")], indirect=["name"])
def test_every_module_can_be_imported_and_none_is_compiled_anew(image: Unpacked, folder: Path, package: str) -> None:
    assert in_image(image, folder, "python3", "-c", EVERY_MODULE, package).strip() == "without bytecode: []"


def test_every_library_that_a_program_asks_for_is_there(image: Unpacked, folder: Path) -> None:
    assert in_image(image, folder, "sh", "-c", MISSING_LIBRARIES) == ""


def test_brokers_that_are_not_there_are_a_sentence_of_the_client_of_kafka_in_the_image(services: Unpacked, folder: Path) -> None:
    with volume(services, folder) as data:
        done = Container(services, folder / "bundle", data, {"ARENA_KAFKA_BOOTSTRAP": "localhost:1"}).run("arena", "topics", "plan")
    assert done.returncode == 2, done.stderr
    assert "No broker of ARENA_KAFKA_BOOTSTRAP answers" in done.stdout + done.stderr


def test_the_operator_without_a_cluster_says_so_in_a_sentence(unpacked: dict[str, Unpacked], folder: Path) -> None:
    with volume(unpacked["operator"], folder) as data:
        done = Container(unpacked["operator"], folder / "bundle", data).run("arena-operator")
    assert done.returncode != 0
    assert "Traceback" not in done.stderr
    assert "no pod with a ServiceAccount" in done.stdout + done.stderr


def test_the_platform_runs_without_root_survives_a_kill_and_stops_when_told(container: Container, folder: Path) -> None:
    url, log = f"http://127.0.0.1:{container.env['ARENA_PORT']}", folder / "log"
    container.start(log)
    container.wait_until_ready(url)
    assert "HabitArena" in httpx.get(url, follow_redirects=True).text
    assert container.exec("cat", "/proc/1/status").stdout.count("Uid:\t10001\t10001\t10001\t10001") == 1
    assert container.exec("touch", "/opt/arena/changed").returncode != 0
    made = container.exec("arena", "user", "create", "ada@example.org", "--name", "Ada", "--password", "correct horse battery")
    assert made.returncode == 0, made.stderr
    container.end(signal.SIGKILL)

    container.start(log)
    container.wait_until_ready(url)
    form = {"grant_type": "password", "username": "ada@example.org", "password": "correct horse battery"}
    assert httpx.post(f"{url}/api/identity/token", data=form).status_code == httpx.codes.OK
    assert container.end(signal.SIGTERM) == 0
    assert log.read_text("utf-8").rstrip().endswith("stopped")
