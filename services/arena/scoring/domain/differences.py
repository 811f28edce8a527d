"""In what two result documents differ: field by field, and line by line of the standings."""

from collections.abc import Mapping
from typing import Any, NamedTuple


class Difference(NamedTuple):
    """A field with what one document and the other say; `contestant` is None where it is not of a contestant's line."""

    contestant: str | None
    field: str
    then: Any
    now: Any


def differences(then: Mapping[str, Any], now: Mapping[str, Any]) -> list[Difference]:
    """What differs: the fields of the whole first, then those of each contestant's line; a line that only one has is one difference."""
    found = [Difference(None, name, then.get(name), now.get(name)) for name in sorted(then.keys() | now.keys()) if name != "standings"]
    before, after = _lines(then), _lines(now)
    for user in sorted(before.keys() | after.keys()):
        found += _line(user, before.get(user), after.get(user))
    return [one for one in found if one.then != one.now]


def _line(user: str, old: Mapping[str, Any] | None, new: Mapping[str, Any] | None) -> list[Difference]:
    if old is None or new is None:
        return [Difference(user, "line", "present" if old else "absent", "present" if new else "absent")]
    return [Difference(user, name, old.get(name), new.get(name)) for name in sorted(old.keys() | new.keys())]


def _lines(document: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    return {str(line["user_id"]): line for line in document.get("standings", ())}
