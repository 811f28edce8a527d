"""A small HTTP/1.1 client over streams: it costs a tenth of a full one, so what it measures is the server."""

import asyncio
import contextlib
from collections import deque
from collections.abc import AsyncIterator
from urllib.parse import urlsplit


class Lines:
    """Keep-alive connections to one server: there is always one that is free, and they take turns, so that none is closed for idleness."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._host, self._port = parts.hostname or "", parts.port or 80
        self._free: deque[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = deque()

    async def post(self, path: str, token: str, body: bytes) -> int:
        """Send JSON; answers the status, the body is read and dropped."""
        reader, writer = self._free.popleft() if self._free else await asyncio.open_connection(self._host, self._port)
        head = f"POST {path} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {token}\r\nContent-Type: application/json\r\n"
        writer.write(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
        answer = await reader.readuntil(b"\r\n\r\n")
        if b"\r\ntransfer-encoding: chunked\r\n" in answer.lower():  # as a process answers that passes on what another says
            while (size := int(await reader.readline(), 16)) > 0:
                await reader.readexactly(size + len(b"\r\n"))
            await reader.readline()
        else:
            await reader.readexactly(_length(answer))
        self._free.append((reader, writer))
        return int(answer[9:12])

    async def events(self, path: str, token: str) -> AsyncIterator[bytes]:
        """The data of server-sent events as they come."""
        reader, writer = await asyncio.open_connection(self._host, self._port, limit=1 << 20)
        try:
            writer.write(f"GET {path} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {token}\r\n\r\n".encode())
            status = await reader.readuntil(b"\r\n\r\n")
            if status[9:12] != b"200":
                raise RuntimeError(f"the stream was refused: {status.splitlines()[0]!r}")
            while line := await reader.readline():
                if line.startswith(b"data: "):
                    yield line[6:]
        finally:
            writer.close()

    async def close(self) -> None:
        """Hang up."""
        for _, writer in self._free:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()


def _length(head: bytes) -> int:
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return int(line[15:])
    return 0
