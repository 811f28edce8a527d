"""Lists come in pages: `limit` and an opaque `cursor` in, `{items, next_cursor}` out."""

import base64
import binascii
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Final, Generic, TypeVar

import msgspec
from fastapi import Depends, Query
from pydantic import BaseModel

from arena.chassis.core.errors import InvalidCursor

LARGEST: Final = 200
DEFAULT: Final = 50
_LONGEST_CURSOR: Final = 1024
T = TypeVar("T")
R = TypeVar("R")
K = TypeVar("K", bound=tuple[Any, ...])


class Page(BaseModel, Generic[T]):
    """One page of a list; `next_cursor` is null on the last."""

    items: list[T]
    next_cursor: str | None = None


@dataclass(frozen=True, slots=True)
class Paging:
    """Which page is asked for."""

    limit: int = DEFAULT
    cursor: str | None = None

    @property
    def fetch(self) -> int:
        """How many rows to read: one more than shown tells whether there is a next page."""
        return self.limit + 1

    def after(self, key: type[K]) -> K | None:
        """The sort key of the last row seen, e.g. `paging.after(tuple[datetime, UUID])`; None on the first page.

        Raises:
            InvalidCursor: the cursor does not hold such a key.
        """
        return decode_cursor(self.cursor, key) if self.cursor else None

    def page(self, rows: Sequence[R], *, key: Callable[[R], tuple[Any, ...]], shape: Callable[[R], T]) -> Page[T]:
        """The page from up to `fetch` rows; `key` gives a row's sort key, `shape` what is shown of it."""
        shown = rows[: self.limit]
        more = len(rows) > self.limit
        return Page(items=[shape(row) for row in shown], next_cursor=encode_cursor(key(shown[-1])) if more else None)


def encode_cursor(key: tuple[Any, ...]) -> str:
    """The opaque form of a sort key of numbers, texts, UUIDs, dates and instants."""
    return base64.urlsafe_b64encode(msgspec.json.encode(key)).rstrip(b"=").decode()


def decode_cursor(cursor: str, key: type[K]) -> K:
    """The sort key again.

    Raises:
        InvalidCursor: it is not one of that type.
    """
    try:
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        value: K = msgspec.json.decode(raw, type=key)
    except (ValueError, binascii.Error, msgspec.MsgspecError):
        raise InvalidCursor("The cursor was not given out by this list; start again without one.", field="cursor") from None
    return value


# A coroutine, as FastAPI runs a plain function in a thread.
async def _paging(
    limit: Annotated[int, Query(ge=1, le=LARGEST, description="How many items at most.")] = DEFAULT,
    cursor: Annotated[str | None, Query(max_length=_LONGEST_CURSOR, description="`next_cursor` of the page before.")] = None,
) -> Paging:
    return Paging(limit, cursor)


PageRequest = Annotated[Paging, Depends(_paging)]
