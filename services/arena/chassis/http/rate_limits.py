"""Rate limits in memory, moving windows: per user for changes, per address for registrations and log-ins."""

import ipaddress
import math
from typing import Annotated, Final
from uuid import UUID

from fastapi import Depends, Request

from arena.chassis.core.errors import TooManyRequests
from arena.chassis.http.moving_window import MovingWindow

_V6: Final = 6
_V6_PREFIX: Final = 64


class RateLimits:
    """The limits of one process."""

    def __init__(self, *, writes_per_second: int = 100, sign_ins_per_minute: int = 60) -> None:
        self._writes = MovingWindow(writes_per_second, 1.0)
        self._sign_ins = MovingWindow(sign_ins_per_minute, 60.0)

    def count_write(self, user_id: UUID) -> None:
        """Count a changing request of a user.

        Raises:
            TooManyRequests: the limit is used up.
        """
        if wait := self._writes.hit(user_id.hex):
            raise _refusal(f"A user may send {self._writes.most} changes a second", wait)

    def count_sign_in(self, address: str) -> None:
        """Count a registration or log-in from an address.

        Raises:
            TooManyRequests: the limit is used up.
        """
        if wait := self._sign_ins.hit(household(address)):
            raise _refusal(f"There may be {self._sign_ins.most} registrations and log-ins a minute from one address", wait)


def _refusal(words: str, wait: float) -> TooManyRequests:
    seconds = math.ceil(wait)
    return TooManyRequests(f"{words}; please try again in {seconds} s.", retry_after=seconds)


def household(address: str) -> str:
    """What counts as one address: an IPv4 address, or the /64 that an IPv6 household gets."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return address
    return str(ipaddress.ip_network((ip, _V6_PREFIX), strict=False)) if ip.version == _V6 else address


def address_of(request: Request) -> str:
    """The address the request came from; the server puts a trusted proxy's word there (uvicorn: --forwarded-allow-ips)."""
    return request.client.host if request.client else "unknown"


def count_sign_in(request: Request) -> None:
    """Count a registration or log-in from where the request came from.

    Raises:
        TooManyRequests: the limit is used up.
    """
    request.app.state.rate_limits.count_sign_in(address_of(request))


# Dependencies are coroutines, as FastAPI runs a plain function in a thread.
async def _sign_in(request: Request) -> None:
    count_sign_in(request)


async def _address(request: Request) -> str:
    return address_of(request)


SignInLimit: Final = Depends(_sign_in)
ClientAddress = Annotated[str, Depends(_address)]
