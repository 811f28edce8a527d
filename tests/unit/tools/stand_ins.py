"""Programs that stand in for docker, kind, helm and the like: they write down how they were called and answer as told."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from tools.source import ROOT

NEEDED = ("make", "git", "dirname")
"""What our targets call besides: the real ones."""

PROGRAM = """\
#!{python} -SI
import json, pathlib, sys
called = [pathlib.Path(sys.argv[0]).name, *sys.argv[1:]]
with open({calls!r}, "a") as log:
    print(json.dumps(called), file=log)
for told in json.loads(pathlib.Path({answers!r}).read_text()):
    if told["words"] == called[: len(told["words"])]:
        if "--metadata-file" in called:
            pathlib.Path(called[called.index("--metadata-file") + 1]).write_text(told["metadata"])
        print(told["out"])
        print(told["err"], file=sys.stderr)
        sys.exit(told["code"])
"""


class StandIns:
    """A folder that is all of the PATH: the stand-ins, and the few real programs that a make target needs."""

    def __init__(self, folder: Path, *programs: str, root: Path = ROOT, **environment: str) -> None:
        self.folder, self.root, self.environment = folder, root, environment
        self._calls, self._answers, self._told = folder / "calls", folder / "answers", list[dict[str, Any]]()
        self._calls.touch()
        self.tell()
        python = Path(sys.executable).resolve()
        (folder / "bin").mkdir()
        (folder / "bin" / "python3").symlink_to(python)
        for name in NEEDED:
            found = shutil.which(name)
            assert found, name
            (folder / "bin" / name).symlink_to(found)
        for name in programs:
            text = PROGRAM.format(python=python, calls=str(self._calls), answers=str(self._answers))
            (folder / "bin" / name).write_text(text, "utf-8")
            (folder / "bin" / name).chmod(0o755)

    def tell(self, *words: str, out: str = "", err: str = "", code: int = 0, metadata: str = "") -> None:
        """What a program answers whose call begins with these words; said later wins. Without a word it succeeds silently."""
        if words:
            self._told.insert(0, {"words": words, "out": out, "err": err, "code": code, "metadata": metadata})
        self._answers.write_text(json.dumps(self._told), "utf-8")

    def make(self, target: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run a target of the repository in `root` with nothing else on the PATH."""
        kept = {name: os.environ[name] for name in ("HOME", "LANG") if name in os.environ}
        kept |= {"PATH": str(self.folder / "bin"), "PYTHONDONTWRITEBYTECODE": "1"} | self.environment | environment
        command = ["make", "--no-print-directory", target]
        return subprocess.run(command, cwd=self.root, env=kept, capture_output=True, text=True, check=False)

    def calls(self) -> list[str]:
        """Every call so far, its words parted by spaces."""
        return [" ".join(json.loads(line)) for line in self._calls.read_text("utf-8").splitlines()]
