"""Nothing happens at import: no socket, no file, no process, no thread, no look at the environment."""

import os
import subprocess
import sys
from pathlib import Path

import pytest


def import_watched(package: str, path: Path | None = None) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, **({"PYTHONPATH": str(path)} if path else {})}
    command = [sys.executable, "-m", "tools.quiet_imports", package]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environment)


def test_importing_any_module_of_arena_touches_nothing() -> None:
    answer = import_watched("arena")
    assert answer.returncode == 0, answer.stdout + answer.stderr


@pytest.mark.parametrize(
    ("statement", "seen"),
    [
        ("import os; os.environ.get('HOME')", "reads the environment (HOME)"),
        ("import os; os.getenv('HOME')", "reads the environment (HOME)"),
        ("import socket; socket.socket().close()", "socket.__new__"),
        ("open(__file__.replace('__init__.py', 'made'), 'w').close()", "opens"),
        ("import subprocess; subprocess.run(['true'])", "subprocess.Popen"),
        ("import threading; threading.Thread(target=int).start()", "starts a thread"),
    ],
)
def test_a_loud_module_is_named_with_what_it_did(tmp_path: Path, statement: str, seen: str) -> None:
    (tmp_path / "loud").mkdir()
    (tmp_path / "loud" / "__init__.py").write_text(statement + "\n", "utf-8")
    answer = import_watched("loud", tmp_path)
    assert answer.returncode == 1
    assert seen in answer.stdout
