"""Write the locks: one requirement file per extra, every package with its hashes, no address of any index.

Each extra contains the one before it and the last lock holds everything, those of the images too; the others are compiled with it as
their constraint and cannot disagree. Versions already locked are kept unless `--upgrade` is given.
"""

import subprocess
import sys

from tools.setup_venv import IMAGE_LOCKS, LOCKS, ROOT, find_uv

OLDEST_PYTHON = "3.11"
COMPILE = (
    *("pip", "compile", "--quiet", "--universal", "--python-version", OLDEST_PYTHON, "--generate-hashes"),
    *("--no-emit-index-url", "--no-emit-find-links", "--no-header", "--no-strip-extras"),
)


def extras(lock: str) -> tuple[str, ...]:
    """Name the extras that a lock holds: its own and all before it (`base` is the project's plain dependencies)."""
    if lock in IMAGE_LOCKS:
        return (lock,)
    return LOCKS[1 : LOCKS.index(lock) + 1] + (IMAGE_LOCKS if LOCKS.index(lock) >= LOCKS.index("test") else ())


def compile_lock(uv: str, lock: str, *, constraint: str | None, upgrade: bool) -> None:
    """Resolve one lock into requirements/<lock>.txt."""
    command = [uv, *COMPILE, "pyproject.toml", "--output-file", f"requirements/{lock}.txt"]
    for name in extras(lock):
        command += ["--extra", name]
    # Annotations would name the constraint beside every package, so only the full lock says who asked for what.
    command += ["--no-annotate", "--constraint", constraint] if constraint else []
    subprocess.run([*command, *(["--upgrade"] if upgrade else [])], cwd=ROOT, check=True)


def compile_tool(uv: str, name: str, wanted: str, *, upgrade: bool) -> None:
    """Lock a tool that runs apart from the project: the installer, what builds the project, what lists an image's contents."""
    command = [uv, *COMPILE, "--no-annotate", "-", "--output-file", f"requirements/{name}.txt", *(["--upgrade"] if upgrade else [])]
    subprocess.run(command, cwd=ROOT, input=wanted, text=True, check=True)


def main() -> None:
    """Write all locks; the argument is, if wanted, `--upgrade`."""
    uv, upgrade = find_uv(), "--upgrade" in sys.argv[1:]
    full, *smaller = reversed(LOCKS)
    compile_lock(uv, full, constraint=None, upgrade=upgrade)
    for lock in (*smaller, *IMAGE_LOCKS):
        compile_lock(uv, lock, constraint=f"requirements/{full}.txt", upgrade=upgrade)
    compile_tool(uv, "uv", "uv", upgrade=upgrade)
    compile_tool(uv, "build", "hatchling\neditables", upgrade=upgrade)
    compile_tool(uv, "sbom", "cyclonedx-python-lib", upgrade=upgrade)


if __name__ == "__main__":
    main()
