"""Programs that end when the process that started them is gone, however that went."""

import subprocess
from collections.abc import Mapping, Sequence
from typing import IO

_LEASH = 'exec 3<&0 </dev/null; (read -r _ <&3; kill -9 $$) >/dev/null 2>&1 & exec 3<&- "$@"'
"""The shell becomes the program. What it leaves behind waits for the end of a pipe that we hold open, and belongs to the program's
session: so the program's id is nobody else's as long as that waits."""


def start(command: Sequence[str], output: IO[bytes], environment: Mapping[str, str] | None = None) -> subprocess.Popen[bytes]:
    """Start a program in a session of its own, with its id, what it says into `output`; give it to `let_go` when it has ended."""
    return subprocess.Popen(
        ["/bin/sh", "-c", _LEASH, "sh", *command],
        stdin=subprocess.PIPE,
        stdout=output,
        stderr=subprocess.STDOUT,
        env=environment,
        start_new_session=True,
    )


def let_go(ended: subprocess.Popen[bytes]) -> None:
    """Nothing waits for our end any more."""
    if ended.stdin is not None:
        ended.stdin.close()
