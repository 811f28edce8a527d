"""The HTTP door: one unit of work a request, committed before the answer leaves.

`scope="function"` is what makes it so: FastAPI ends such a dependency when the handler has returned and before the first byte is sent.
"""

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends, Request

from arena.chassis.db.unit_of_work import UnitOfWork, Units
from arena.chassis.http.auth import principal_of
from arena.chassis.http.idempotency import Answer, Claim, hash_of, key_of


async def open_unit_of_work(request: Request) -> AsyncIterator[UnitOfWork]:
    """A unit of work that commits when the handler returns; with an Idempotency-Key the answer is stored in it."""
    units: Units = request.app.state.units
    key = key_of(request)
    if key is None:
        async with units.begin() as uow:
            yield uow
        return
    who = await principal_of(request)
    claim = Claim(str(who.user_id) if who else "", key, await hash_of(request))
    request.scope["arena.answer"] = answer = Answer()
    async with units.begin() as uow:
        await claim.open(uow)
        yield uow
        await claim.close(uow, answer)


async def open_reading_unit(request: Request) -> AsyncIterator[UnitOfWork]:
    """A unit of work for reading; it never commits."""
    units: Units = request.app.state.units
    async with units.begin(read_only=True) as uow:
        yield uow


WriteUnitOfWork = Annotated[UnitOfWork, Depends(open_unit_of_work, scope="function")]
ReadUnitOfWork = Annotated[UnitOfWork, Depends(open_reading_unit, scope="function")]
