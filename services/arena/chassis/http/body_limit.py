"""How much of a body is read, and how one that is too large is refused so that the refusal arrives."""

import asyncio
from typing import Final, NoReturn

from starlette.exceptions import HTTPException
from starlette.types import Message, Receive

DEFAULT_BODY_LIMIT: Final = 1024 * 1024
_LINGER_BYTES: Final = 64 * 1024 * 1024
_LINGER_SECONDS: Final = 10.0
_SILENCE_SECONDS: Final = 1.0


class BodyTooLarge(HTTPException):
    """More bytes came than the route takes; an HTTPException, as FastAPI lets those through while it reads a body."""

    def __init__(self, limit: int) -> None:
        super().__init__(413, f"The body is larger than the {limit:,} bytes this address takes.", headers={"connection": "close"})


def counted(receive: Receive, limit: int) -> Receive:
    """`receive`, refusing once more than `limit` bytes of body came, whatever was announced."""
    total = 0

    async def count() -> Message:
        nonlocal total
        message = await receive()
        if message["type"] == "http.request":
            total += len(message.get("body", b""))
            if total > limit:
                await refuse_body(receive, limit, linger=message.get("more_body", False))
        return message

    return count


async def refuse_body(receive: Receive, limit: int, *, linger: bool) -> NoReturn:
    """Raise BodyTooLarge, after reading and dropping what is still being sent if `linger`.

    A connection closed with unread bytes is reset, and the sender would see the reset instead of the answer.
    One that waits for `100 Continue` sends nothing more, so there is nothing to linger for.
    """
    if linger:
        try:
            async with asyncio.timeout(_LINGER_SECONDS):
                await _drop(receive)
        except TimeoutError:
            pass
    raise BodyTooLarge(limit)


async def _drop(receive: Receive) -> None:
    dropped = 0
    while dropped < _LINGER_BYTES:
        async with asyncio.timeout(_SILENCE_SECONDS):
            message = await receive()
        if message["type"] != "http.request" or not message.get("more_body", False):
            return
        dropped += len(message.get("body", b""))
