"""Fields that all services word alike: texts without control characters, instants with an offset, civil dates and times."""

import re
import unicodedata
from datetime import date, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, NaiveDatetime, StringConstraints

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_LINES = frozenset("\n\t")


class Body(BaseModel):
    """A request body: fields that are not described are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def _plain(value: str) -> str:
    if any(
        unicodedata.category(character) in {"Cc", "Cs", "Co", "Cn"} or character in "\u202a\u202b\u202c\u202d\u202e" for character in value
    ):
        raise ValueError("it must not contain control characters")
    return value


def _plain_lines(value: str) -> str:
    _plain("".join(character for character in value if character not in _LINES))
    return value


def _text_only(value: Any) -> Any:
    if not isinstance(value, str):
        raise ValueError("it must be a text in ISO 8601 form")  # noqa: TRY004 - pydantic collects ValueError, a TypeError would escape
    return value


def _date_only(value: Any) -> Any:
    if not isinstance(value, str) or not _DATE.fullmatch(value):
        raise ValueError("it must be a date like 2026-11-21")
    return value


Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200), AfterValidator(_plain)]
"""1 to 200 characters on one line."""

ShortText = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=64), AfterValidator(_plain)]
"""1 to 64 characters on one line: a unit, a client's own id."""

Note = Annotated[str, StringConstraints(max_length=2000), AfterValidator(_plain_lines)]
"""Up to 2,000 characters; line breaks are welcome."""

Instant = Annotated[AwareDatetime, BeforeValidator(_text_only)]
"""An instant: ISO 8601 with its offset."""

CivilDate = Annotated[date, BeforeValidator(_date_only)]
"""A civil day: YYYY-MM-DD."""

CivilTime = Annotated[NaiveDatetime, BeforeValidator(_text_only)]
"""A civil time: ISO 8601 without offset; the zone is said beside it."""


def utc(value: datetime) -> str:
    """An instant as answers word it."""
    return value.isoformat().replace("+00:00", "Z")
