"""Change the pure rules in small ways and count how many changes the tests notice; fails below the bound.

mutmut works in a copy of what it needs, because it wants the sources in a folder named `src`. Verdicts are kept in that copy, so that a
second run judges only what changed; `make clean` forgets them.
"""

import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from tools.setup_venv import ROOT

BOUND = 0.80
WORKSHOP = ROOT / "build" / "mutation"
JUDGED = ("src/arena/contracts/civil.py", "src/arena/*/domain.py", "src/arena/*/domain/*.py")
COPIED = {"services": "src", "tests/unit": "tests/unit", "tests/skipping.py": "tests/conftest.py", "docs": "docs", "tools": "tools"}
LEFT_OUT = (
    # Goes through every zone and transition: the tables beside it notice the same changes in a hundredth of the time.
    "--ignore=tests/unit/contracts/test_civil_transitions.py",
    # Looks at a function itself, and mutmut wraps every function.
    "--deselect=tests/unit/contracts/test_civil.py::test_a_zone_read_from_the_machine_is_forgotten_when_the_wheel_takes_over",
    # Wrapped functions are slower.
    "-mnot speed",
)
KILLED, SURVIVED, UNTESTED = "killed", "survived", "untested"
VERDICTS = {0: SURVIVED, 2: UNTESTED, 5: UNTESTED, 33: UNTESTED, 34: UNTESTED}
"""mutmut's exit code of a mutant → what became of it; any other (a failed test, a time-out, a crash) is a mutant noticed."""

PROJECT = """\
[tool.pytest.ini_options]
addopts = "--import-mode=importlib"
pythonpath = ["."]
asyncio_mode = "auto"
asyncio_default_fixture_loop_scope = "function"
markers = ["slow: -", "speed: -", "browser: -", "real_data: -"]

[tool.mutmut]
source_paths = ["src"]
only_mutate = {judged}
also_copy = ["docs", "tools"]
pytest_add_cli_args = {arguments}
pytest_add_cli_args_test_selection = {tests}
"""


def mirrored_tests() -> list[str]:
    """Find the folders of tests that mirror a room with a domain."""
    rooms = {path.relative_to(ROOT / "services" / "arena").parts[0] for path in (ROOT / "services" / "arena").glob("*/domain*")}
    return [f"tests/unit/{room}" for room in sorted({*rooms, "contracts"}) if (ROOT / "tests" / "unit" / room).is_dir()]


def open_workshop() -> None:
    """Copy what mutmut needs; files that did not change keep their time, by which it knows them."""
    for source, target in COPIED.items():
        place = WORKSHOP / target
        if (ROOT / source).is_file():
            shutil.copy2(ROOT / source, place)
            continue
        shutil.rmtree(place, ignore_errors=True)
        shutil.copytree(ROOT / source, place, ignore=shutil.ignore_patterns("__pycache__"))
    arguments = ["-m", "not slow", "-p", "no:cacheprovider", "-p", "tools.brief_properties", *LEFT_OUT]
    texts = {"judged": JUDGED, "arguments": arguments, "tests": mirrored_tests()}
    project = PROJECT.format(**{name: json.dumps(list(value)) for name, value in texts.items()})
    (WORKSHOP / "pyproject.toml").write_text(project, "utf-8")


def verdicts() -> Iterator[tuple[str, str, str]]:
    """Read (file, mutant, verdict) of every mutant judged."""
    for path in sorted((WORKSHOP / "mutants" / "src").rglob("*.meta")):
        found = json.loads(path.read_text("utf-8"))["exit_code_by_key"]
        file = str(path.relative_to(WORKSHOP / "mutants" / "src")).removesuffix(".meta")
        for mutant, code in found.items():
            yield file, mutant, VERDICTS.get(code, KILLED) if code is not None else UNTESTED


def report(found: list[tuple[str, str, str]]) -> tuple[str, float]:
    """Write the score of each file and of all; the score is the share of mutants that a test noticed."""
    files: dict[str, Counter[str]] = {}
    for file, _, verdict in found:
        files.setdefault(file, Counter())[verdict] += 1
    lines = [f"{file:<56}{count[KILLED]:>5} of {count.total():>5}  {count[KILLED] / count.total():>6.0%}" for file, count in files.items()]
    noticed = sum(count[KILLED] for count in files.values())
    score = noticed / max(len(found), 1)
    return "\n".join([*lines, f"{'all':<56}{noticed:>5} of {len(found):>5}  {score:>6.1%}  (at least {BOUND:.0%})"]), score


def main() -> None:
    """Judge the domains; name the survivors in build/mutation/survivors.txt."""
    WORKSHOP.joinpath("tests").mkdir(parents=True, exist_ok=True)
    open_workshop()
    log = WORKSHOP / "mutmut.log"
    environment = {name: value for name, value in os.environ.items() if name not in {"PYTEST_ADDOPTS", "ARENA_SKIPS_FAIL"}}
    with log.open("w") as output:
        command = [str(Path(sys.executable).with_name("mutmut")), "run"]
        done = subprocess.run(command, cwd=WORKSHOP, env=environment, stdout=output, stderr=subprocess.STDOUT, check=False)
    found = list(verdicts())
    text, score = report(found)
    survivors = [f"{mutant} {verdict}" for _, mutant, verdict in found if verdict != KILLED]
    (WORKSHOP / "survivors.txt").write_text("\n".join(survivors) + "\n", "utf-8")
    print(text)
    if done.returncode:
        last = log.read_text("utf-8", errors="replace").replace("\r", "\n").splitlines()[-30:]
        sys.exit("\n".join(["mutmut itself failed:", *(line[:200] for line in last)]))
    if score < BOUND:
        sys.exit(f"mutation score {score:.1%} is below {BOUND:.0%}; who survived: build/mutation/survivors.txt")


if __name__ == "__main__":
    main()
