"""A request whose body is read strictly: what JSON leaves open or Python lets pass is refused here, once for all routes."""

import json
import math
import re
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


_ESCAPES: Final = re.compile(rb"\\u(0000|[dD][89a-fA-F])")
_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_DECODER: Final = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_constant, parse_float=_float)


def decode_json(raw: bytes) -> Any:
    """The value of a JSON text (RFC 8259), UTF-8; finite numbers, unique names, no NUL.

    Raises:
        json.JSONDecodeError: it is not JSON.
        MalformedRequest: NaN, a doubled name, wrong encoding, nested too deeply, a number of absurd length.
        ValidationFailed: a number too large, or a text with NUL or half a surrogate pair.
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
    if _ESCAPES.search(raw):
        _refuse_unstorable(value)
    return value


def _refuse_unstorable(value: Any, field: str = "") -> None:
    """Walk the value; only texts written with such escapes come here, and most of those are emoji."""
    if isinstance(value, str):
        _check_text(value, field)
    elif isinstance(value, dict):
        for name, member in value.items():
            _check_text(name, field)
            _refuse_unstorable(member, f"{field}.{name}" if field else name)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            _refuse_unstorable(item, f"{field}.{index}" if field else str(index))


def _check_text(text: str, field: str) -> None:
    if "\x00" in text:
        raise ValidationFailed("A text cannot contain the character NUL.", field=field or None)
    if _SURROGATE.search(text):
        raise ValidationFailed("A text cannot contain half of a surrogate pair.", field=field or None)


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
                _check_text(value, name)
        return form
