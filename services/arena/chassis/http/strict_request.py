"""A request whose body is read strictly: what JSON leaves open or Python lets pass is refused here, once for all routes."""

import json
import math
from typing import Any, Final, NoReturn

from fastapi import Request
from starlette.datastructures import FormData

from arena.chassis.core.errors import MalformedRequest, ValidationFailed


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise MalformedRequest("A JSON object names one of its members twice.")
    return members


def _constant(name: str) -> NoReturn:
    raise MalformedRequest(f"{name} is not a JSON number.")


def _float(digits: str) -> float:
    value = float(digits)
    if not math.isfinite(value):
        raise ValidationFailed(f"The number {digits[:20]} is too large.")
    return value


_DECODER: Final = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_constant, parse_float=_float)


def decode_json(raw: bytes) -> Any:
    """The value of a JSON text (RFC 8259), UTF-8; finite numbers, unique names, no NUL.

    Raises:
        json.JSONDecodeError: it is not JSON.
        MalformedRequest: NaN, a doubled name, wrong encoding, nested too deeply, a number of absurd length.
        ValidationFailed: a number too large, or the character NUL in a text.
    """
    try:
        value = _DECODER.decode(raw.decode())
    except UnicodeDecodeError:
        raise MalformedRequest("The body is not UTF-8.") from None
    except RecursionError:
        raise MalformedRequest("The body is nested too deeply.") from None
    except json.JSONDecodeError:
        raise
    except ValueError:
        raise MalformedRequest("The body contains a number of absurd length.") from None
    if b"\\u0000" in raw:
        _refuse_nul(value)
    return value


def _refuse_nul(value: Any, field: str = "") -> None:
    if isinstance(value, str) and "\x00" in value:
        raise ValidationFailed("A text cannot contain the character NUL.", field=field or None)
    if isinstance(value, dict):
        for name, member in value.items():
            _refuse_nul(name, field)
            _refuse_nul(member, f"{field}.{name}" if field else name)
    if isinstance(value, list):
        for index, item in enumerate(value):
            _refuse_nul(item, f"{field}.{index}" if field else str(index))


class StrictRequest(Request):
    """What every route gets."""

    _parsed: Any

    async def json(self) -> Any:
        """The body, decoded strictly; an empty body is None."""
        if not hasattr(self, "_parsed"):
            self._parsed = decode_json(await self.body())
        return self._parsed

    async def _get_form(self, **limits: Any) -> FormData:
        form = await super()._get_form(**limits)
        for name, value in form.multi_items():
            if isinstance(value, str):
                _refuse_nul(value, name)
        return form
