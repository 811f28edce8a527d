"""Cut off programs and libraries below a folder what their loader never reads: debugging information, symbols for debuggers.

Everything that runs lies in segments, which the program headers name; what the section headers alone name comes behind them. So it takes
no tool that knows the platform. What was cut can be had again: it is in the wheel that the lock names.
"""

import struct
import sys
from pathlib import Path

_IDENTITY = b"\x7fELF\x02\x01"
"""64 bits, little-endian: amd64 and arm64."""

_PROGRAM_HEADERS, _SECTION_HEADERS, _SIZES = 0x20, 0x28, 0x36
"""Where the file's header keeps their offset, and (entry size, count) of the former before the same of the latter."""


def strip(path: Path) -> None:
    """Shorten the file, if it is one that a loader loads."""
    content = bytearray(path.read_bytes())
    if content[: len(_IDENTITY)] != _IDENTITY:
        return
    (table,) = struct.unpack_from("<Q", content, _PROGRAM_HEADERS)
    size, count = struct.unpack_from("<HH", content, _SIZES)
    if not count:
        return
    end = table + size * count
    for entry in range(table, end, size):
        offset, _, _, length = struct.unpack_from("<QQQQ", content, entry + 8)
        end = max(end, offset + length)
    struct.pack_into("<Q", content, _SECTION_HEADERS, 0)
    struct.pack_into("<HHH", content, _SIZES + 4, 0, 0, 0)
    path.write_bytes(content[:end])


def main() -> None:
    """Shorten all below the folder that is given."""
    for path in Path(sys.argv[1]).rglob("*"):
        if path.is_file() and not path.is_symlink():
            strip(path)


if __name__ == "__main__":
    main()
