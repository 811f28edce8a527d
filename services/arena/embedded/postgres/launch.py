"""Become a PostgreSQL program: drop root, ask the kernel to end it with its parent, then replace this process by it.

Run by path (`python -I -S launch.py PARENT UID GID SIGNAL PROGRAM ARG…`), so it imports the standard library only. It exists because the
kernel forgets the parent-death signal when a process changes its user: both must happen in this order, between fork and exec.
UID and GID -1 keep the account.
"""

import ctypes  # before the account changes: it may be unable to read the interpreter
import os
import sys

PR_SET_PDEATHSIG = 1


def die_with_parent(parent: int, number: int) -> None:
    """Have signal `number` sent to this process when `parent` dies (Linux; elsewhere the next start ends an orphan)."""
    if not sys.platform.startswith("linux"):
        return
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, number, 0, 0, 0)
    if os.getppid() != parent:
        sys.exit("the parent ended before the server began")


def main(arguments: list[str]) -> None:
    """Read the five words before the program's own arguments and become the program."""
    parent, uid, gid, number = (int(word) for word in arguments[:4])
    program = arguments[4:]
    if uid >= 0:
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)
    os.umask(0o077)
    die_with_parent(parent, number)
    os.execv(program[0], program)  # noqa: S606 - no shell is the point: the arguments are a list made by this package


if __name__ == "__main__":
    main(sys.argv[1:])
