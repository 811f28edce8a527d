"""A TCP connection's bad days: cut, slow, or mute, between a process and what it talks to."""

import asyncio
import contextlib
import socket
import struct
from dataclasses import dataclass, field

CHUNK = 65_536


@dataclass(slots=True)
class Proxy:
    """Hands bytes on between whoever connects and `port` on this machine, as long as nobody tells it otherwise."""

    port: int
    listening_on: int = 0
    refusing: bool = False
    delay: float = 0.0
    """Seconds that each piece waits, either way."""
    mute: bool = False
    """Requests still arrive; their answers do not: whoever asked cannot know whether it was done."""
    lets_in: int | None = None
    """So many connections more; then it is as if it had been cut."""
    _server: asyncio.Server | None = None
    _open: set[asyncio.StreamWriter] = field(default_factory=set)

    async def start(self) -> None:
        """Listen; the port stays the same for ever."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.listening_on)
        self.listening_on = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        """End all of it."""
        if self._server is not None:
            self._server.close()
        self.cut()

    def cut(self) -> None:
        """Reset every connection; new ones are reset until `mend`."""
        self.refusing = True
        self._reset()

    def mend(self) -> None:
        """Be a good connection again. What was muted stays incomplete, so it is reset."""
        if self.mute:
            self._reset()
        self.refusing, self.delay, self.mute, self.lets_in = False, 0.0, False, None

    def _reset(self) -> None:
        for writer in self._open:
            _reset(writer)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.lets_in is not None:
            self.refusing, self.lets_in = self.lets_in <= 0, self.lets_in - 1
        if self.refusing:
            _reset(writer)
            return
        try:
            onward, back = await asyncio.open_connection("127.0.0.1", self.port)
        except OSError:
            _reset(writer)
            return
        self._open |= {writer, back}
        try:
            async with asyncio.TaskGroup() as both:
                both.create_task(self._hand_on(reader, back, answers=False))
                both.create_task(self._hand_on(onward, writer, answers=True))
        finally:
            for end in (writer, back):
                end.transport.abort()
                self._open.discard(end)

    async def _hand_on(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, *, answers: bool) -> None:
        with contextlib.suppress(OSError):
            while piece := await source.read(CHUNK):
                if self.delay:
                    await asyncio.sleep(self.delay)
                if answers and self.mute:
                    continue
                sink.write(piece)
                await sink.drain()
        sink.transport.abort()  # so that the other way ends too


def _reset(writer: asyncio.StreamWriter) -> None:
    """RST, not FIN: the other side learns that it broke, not that it ended."""
    with contextlib.suppress(OSError):  # closed already
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
