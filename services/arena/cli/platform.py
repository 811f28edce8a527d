"""A platform to speak to: the one that serves already, or a child `arena up` that ends with us."""

import asyncio
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress

from arena.chassis.core.settings import Settings
from arena.cli.connect import address_of, readiness

_SECONDS = 120.0
_QUIET = {"ARENA_LOG_LEVEL": "warning", "ARENA_SIGN_INS_PER_MINUTE": "600"}
"""What the child is told unless the environment says otherwise: a crowd arrives at once."""


class DidNotStart(Exception):
    """The child ended before it served; what it said stands above."""

    slug = "did-not-start"

    def __init__(self) -> None:
        super().__init__("The platform did not start; the lines above say why. `arena doctor` looks for the cause.")


class Child:
    """An `arena up` of our own."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    @classmethod
    async def start(cls, environ: Mapping[str, str]) -> "Child":
        """Start it and return when it serves; it leaves the terminal's signals to us, and ends with us, however we end.

        Raises:
            DidNotStart: it ended, or was not ready in time.
        """
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "arena.cli.child", "up"),
            env={**_QUIET, **environ},
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            start_new_session=True,
        )
        child = cls(process)
        try:
            async with asyncio.timeout(_SECONDS):
                await child._until_ready()
        except BaseException as trouble:
            await child.stop()
            if isinstance(trouble, TimeoutError):
                raise DidNotStart from trouble
            raise
        return child

    async def _until_ready(self) -> None:
        if self._process.stdout is None:
            raise RuntimeError("its stdout was asked for")
        async for line in self._process.stdout:
            if line.startswith(b"ready "):
                return
        raise DidNotStart

    async def stop(self) -> None:
        """End it cleanly and wait."""
        with suppress(ProcessLookupError):
            self._process.terminate()
        await self._process.wait()

    async def ended(self) -> None:
        """Wait until it has ended by itself."""
        await self._process.wait()


@asynccontextmanager
async def some_platform(settings: Settings, environ: Mapping[str, str]) -> AsyncIterator[Child | None]:
    """The platform at the settings' address: None when it served before, otherwise a child that is stopped afterwards."""
    if await asyncio.to_thread(readiness, address_of(settings)) is not None:
        yield None
        return
    child = await Child.start(environ)
    try:
        yield child
    finally:
        await child.stop()
