"""`python -m arena.cli.child …`: an `arena …` command that ends when whoever started it is gone, however that went."""

import os
import signal
import sys
import threading

from arena.cli.main import run


def _end_with_parent() -> None:
    """Our standard input is a pipe that the parent holds open and never writes to. It was killed: so are we.

    Ending politely takes seconds, and whoever starts the parent again needs our port at once.
    """
    while os.read(sys.stdin.fileno(), 1024):
        pass
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    threading.Thread(target=_end_with_parent, daemon=True).start()
    run()
