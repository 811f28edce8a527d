"""How a call travels: bearer token or cookies, problems become exceptions, JSON becomes models."""

import asyncio
import random
from collections.abc import Mapping
from typing import Any, TypeVar

import httpx
import msgspec

from arena.client.errors import ApiProblem, Unreachable

T = TypeVar("T")
_ERROR = 400
_TOO_MANY = 429
TRIES = 4
_LONGEST_WAIT = 10.0


class Transport:
    """Sends requests over one httpx client; what is safe to repeat is tried again when the server asks to wait."""

    def __init__(self, http: httpx.AsyncClient, tries: int = TRIES) -> None:
        self.http = http
        self.tries = tries
        self.headers: dict[str, str] = {}

    async def send(self, method: str, path: str, **content: Any) -> httpx.Response:
        """The answer.

        Raises:
            ApiProblem: the API refused.
            Unreachable: nobody answered.
        """
        for attempt in range(self.tries):
            answer = await self._once(method, path, content)
            if answer.status_code < _ERROR:
                return answer
            problem = _problem(answer)
            if answer.status_code != _TOO_MANY or attempt == self.tries - 1:
                raise problem
            await asyncio.sleep(min(_LONGEST_WAIT, problem.retry_after or 1.0) * random.uniform(1.0, 1.3))  # noqa: S311 - jitter
        raise AssertionError("the loop answers or raises")

    async def get(self, path: str, model: type[T], params: Mapping[str, Any] | None = None) -> T:
        """Read something."""
        given = {name: value for name, value in (params or {}).items() if value is not None}
        return decode(await self.send("GET", path, params=given), model)

    async def post(self, path: str, model: type[T], body: Any = None) -> T:
        """Make something."""
        return decode(await self.send("POST", path, json=body), model)

    async def _once(self, method: str, path: str, content: Mapping[str, Any]) -> httpx.Response:
        try:
            return await self.http.request(method, path, headers=self.headers, **content)
        except httpx.TransportError as lost:
            raise Unreachable(f"nobody answers at {self.http.base_url}: {lost or type(lost).__name__}") from lost


def decode(answer: httpx.Response, model: type[T]) -> T:
    """The body as a model."""
    return msgspec.json.decode(answer.content, type=model)


def _problem(answer: httpx.Response) -> ApiProblem:
    try:
        document = answer.json()
    except ValueError:
        document = {"detail": answer.text[:200]}
    wait = answer.headers.get("retry-after")
    return ApiProblem(answer.status_code, document if isinstance(document, dict) else {}, float(wait) if wait and wait.isdigit() else None)
