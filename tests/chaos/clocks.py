"""A wall clock for one process that can jump (Debian's libfaketime); what it measures by the monotonic clock stays true."""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


def library() -> Path:
    """What is loaded before everything else."""
    program = shutil.which("faketime")
    assert program, "Debian's faketime is not installed"
    [found] = (Path(program).parents[1] / "lib").glob("**/libfaketimeMT.so.1")
    return found


@dataclass(frozen=True, slots=True)
class WallClock:
    """Read from a file by the processes that were started with its environment."""

    file: Path

    @property
    def env(self) -> Mapping[str, str]:
        """What a process is started with to go by this clock."""
        self.jump(0)
        self.file.chmod(0o644)
        return {
            "LD_PRELOAD": str(library()),
            "FAKETIME_TIMESTAMP_FILE": str(self.file),
            "FAKETIME_CACHE_DURATION": "1",
            "NO_FAKE_STAT": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }

    def jump(self, seconds: float) -> None:
        """Be so many seconds ahead of the true time from now on; negative: behind."""
        new = self.file.with_suffix(".new")
        new.write_text(f"{seconds:+.0f}\n", "utf-8")
        new.chmod(0o644)
        new.replace(self.file)
